import assert from "node:assert/strict";
import { connect, type AddressInfo } from "node:net";
import { Server, utils, type AlgorithmList, type CipherAlgorithm, type NegotiatedAlgorithms } from "ssh2";
import { shakeHands } from "../../provider/host/ssh";

const all: AlgorithmList<CipherAlgorithm> = [
  "chacha20-poly1305@openssh.com",
  "aes128-ctr",
  "aes128-gcm@openssh.com",
  "aes256-gcm@openssh.com",
];

describe("what is agreed on with a machine", () => {
  it("is AES-GCM, wherever in its own list the machine has it", async () => {
    const { cs, sc } = await agreed(all);
    assert.deepEqual([cs.cipher, sc.cipher], ["aes256-gcm@openssh.com", "aes256-gcm@openssh.com"]);
  });

  it("is another cipher where the machine has no AES-GCM", async () => {
    const { cs, sc } = await agreed(["aes128-ctr"]);
    assert.deepEqual([cs.cipher, sc.cipher], ["aes128-ctr", "aes128-ctr"]);
  });

  it("is a host key of the type that is known", async () => {
    assert.equal((await agreed(all, ["ecdsa-sha2-nistp256"])).serverHostKey, "ecdsa-sha2-nistp256");
    assert.equal((await agreed(all, ["ssh-ed25519"])).serverHostKey, "ssh-ed25519");
  });
});

/** Logs in to a server of these ciphers, with two host keys. */
async function agreed(
  cipher: AlgorithmList<CipherAlgorithm>,
  keyTypes: readonly string[] = [],
): Promise<NegotiatedAlgorithms> {
  const hostKeys = [
    utils.generateKeyPairSync("ed25519").private,
    utils.generateKeyPairSync("ecdsa", { bits: 256 }).private,
  ];
  const server = new Server({ hostKeys, algorithms: { cipher } });
  const negotiated = new Promise<NegotiatedAlgorithms>((resolve) => {
    server.on("connection", (client) => {
      client.on("handshake", resolve);
      client.on("authentication", (login) => login.accept());
      client.on("error", () => undefined);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const logins = [{ shown: "password", kind: "password", password: "any" }] as const;
  const refuseKey = (): undefined => undefined;
  await shakeHands({ socket, user: "root", logins, timeout: 10_000, keyTypes, refuseKey });
  socket.destroy();
  server.close();
  return negotiated;
}
