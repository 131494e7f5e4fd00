import { hexOfBase32 } from "../../provider/nix/nix-hash";
import type { ValidPath } from "../../provider/nix/valid-path";
import { parseStorePath } from "../../provider/values";
import type { Host } from "../fleet";

const nix = "nix --extra-experimental-features nix-command";

/** What a test host's own Nix says of a path. */
export async function infoOn(host: Host, path: string): Promise<ValidPath> {
  const asked = [
    `nix-store -q --hash ${path}`,
    `nix-store -q --size ${path}`,
    `nix-store -q --references ${path}`,
  ];
  const [hash = "", size, ...references] = (await host.sh(asked.join("; "))).split("\n");
  const { ca, signatures } = await describedOn(host, path);
  return {
    path: parseStorePath(path),
    deriver: undefined,
    references: references.map(parseStorePath),
    narSize: Number(size),
    narHash: hexOfBase32(hash.slice("sha256:".length)),
    ca: ca ?? "",
    signatures: signatures ?? [],
  };
}

async function describedOn(host: Host, path: string): Promise<{ ca?: string | null; signatures?: string[] }> {
  const said = JSON.parse(await host.sh(`${nix} path-info --json --sigs ${path}`)) as object;
  return Object.values(said)[0] as { ca?: string; signatures?: string[] };
}
