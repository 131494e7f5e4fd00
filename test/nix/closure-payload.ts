import type { StorePath } from "../../provider/values";

export interface Library {
  /** What building it runs at last. */
  script?: string;
  /** Further attributes, as Nix writes them. */
  more?: string;
}

/** A program that refers to its library. */
export const payload = (salt: string, { script = "echo lib > $out", more = "" }: Library): string => `
let
  build = name: script: extra: derivation ({ inherit name script; system = builtins.currentSystem;
    builder = "/bin/sh"; args = [ "-ec" script ]; } // extra);
  lib = build "lib-${salt}-1.10" ''echo "the reason ${salt}"; ${script}'' { ${more} };
in build "web-${salt}-2.0" ''echo $lib > $out'' { inherit lib; }`;

/** The attribute of something that is built when the derivation has been. */
export const builtAfter = (drvPath: StorePath): string =>
  `after = builtins.appendContext "" { "${drvPath}" = { outputs = [ "out" ]; }; };`;

/** A web server that accepts and never answers. */
export async function silentServer(
  address = "127.0.0.1",
): Promise<{ server: { close(): void }; url: string }> {
  const { createServer } = await import("node:net");
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => sockets.add(socket));
  await new Promise<void>((listening) => server.listen(0, address, listening));
  const { port } = server.address() as { port: number };
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { server: { close }, url: `http://${address}:${port}` };
}
