import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What a stack's settings say of its secrets' encryption, and the variables by which the engine comes to the key. */
export interface Encryption {
  readonly settings: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
}

/** As `pulumi stack init` does it with an empty passphrase; the engine refuses to decrypt with any other. */
export const byPassphrase: Encryption = {
  settings: { encryptionsalt: "v1:qYVRAuLeMOU=:v1:8OqzwWbfJ9DyxjAl:UtcuQxRSlZFi6cWB0KjA4EnKRr2yPg==" },
  variables: { PULUMI_CONFIG_PASSPHRASE: "" },
};

/** 32 bytes, in base64. */
const key = Buffer.from("the key of all throw-away stacks").toString("base64");

let server: Promise<Server> | undefined;

/**
 * The engine asks this process for the key, as it would ask a Vault. To make one of a passphrase costs each command a
 * quarter of a processor's second, on purpose.
 */
export async function byKeyServer(): Promise<Encryption> {
  const { port } = (await (server ??= start())).address() as AddressInfo;
  const encryptedkey = Buffer.from("vault:v1:for tests").toString("base64");
  return {
    settings: { secretsprovider: "hashivault://tests", encryptedkey },
    variables: { VAULT_SERVER_URL: `http://127.0.0.1:${port}`, VAULT_SERVER_TOKEN: "anybody" },
  };
}

/** Answers as /v1/transit/decrypt of Vault does. */
async function start(): Promise<Server> {
  const started = createServer((request, response) => {
    request.resume().once("end", () => response.end(JSON.stringify({ data: { plaintext: key } })));
  });
  started.listen(0, "127.0.0.1").unref();
  await once(started, "listening");
  return started;
}
