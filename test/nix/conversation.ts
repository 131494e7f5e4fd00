import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as serve from "../../provider/nix/serve-requests";
import type { ValidPath } from "../../provider/nix/valid-path";
import { parseStorePath, type StorePath } from "../../provider/values";
import type { Host, Suite } from "../fleet";
import { narOf, validPath } from "./nar";

const path = (digit: string, name: string): StorePath =>
  parseStorePath(`/nix/store/${digit.repeat(32)}-${name}`);

const lowerNar = narOf("lower");
const upperNar = narOf("upper, which refers to lower and to itself");

/** Paths that nothing built, with all that a store may know of one. */
export const lower = validPath(path("1", "lower"), lowerNar);
export const upper = validPath(path("2", "upper"), upperNar, {
  deriver: path("3", "upper.drv"),
  references: [lower.path, path("2", "upper")],
  signatures: [1, 2].map((each) => `key-${each}.example-1:${Buffer.alloc(64, each).toString("base64")}`),
});
export const absent = path("4", "absent");

/** What is asked of a server, in one go. */
export const requests = [
  serve.greeting(),
  serve.queryValidPaths([lower.path, absent]),
  serve.addToStoreNar(lower),
  lowerNar,
  serve.addToStoreNar(upper),
  upperNar,
  serve.queryValidPaths([lower.path, upper.path, absent]),
  serve.queryClosure([upper.path]),
  serve.queryPathInfos([upper.path, absent, lower.path]),
  serve.dumpStorePath(upper.path),
];

/** The same, but what is added is not what was said of it. */
export const refusedRequests = [
  serve.greeting(),
  serve.addToStoreNar({ ...lower, narHash: "0".repeat(64) }),
  lowerNar,
];

export const dumped: Buffer = upperNar;
export const known: readonly ValidPath[] = [lower, upper];

export interface Recording {
  readonly nix: string;
  /** Base 64. */
  readonly answered: string;
  /** To the requests that are refused. */
  readonly refused: string;
}

/** Whose conversations are kept: of sid's, whose systemd boots on no host here, one in a root file system without a boot. */
export const recorded = ["bookworm", "trixie", "sid"] as const;
export type Recorded = (typeof recorded)[number];

const fileOf = (suite: Recorded): string => join(__dirname, "fixtures", `serve-${suite}.json`);

export function recording(suite: Recorded): Recording {
  return JSON.parse(readFileSync(fileOf(suite), "utf8")) as Recording;
}

export function writeRecording(suite: Suite, recorded: Recording): void {
  writeFileSync(fileOf(suite), `${JSON.stringify(recorded, null, 2)}\n`);
}

/** Has the conversation with a real server, which knows none of the paths before and after. */
export async function converse(host: Host): Promise<Recording> {
  const forget = `nix-store --delete --ignore-liveness ${upper.path} ${lower.path} >/dev/null 2>&1 || true`;
  const answers = (asked: readonly Buffer[]): Promise<string> =>
    host.sh(`${forget}; nix-store --serve --write 2>/dev/null | base64 -w0; ${forget}`, {
      input: Buffer.concat(asked),
    });
  return {
    nix: (await host.sh("nix-store --version")).replace(/^.* /, ""),
    answered: await answers(requests),
    refused: await answers(refusedRequests),
  };
}
