import { join } from "node:path";
import { output, run } from "../../test/fleet";
import { Payload, type PayloadSize } from "../fleet-run/payload";
import { scratchFolder } from "../scratch";

/** A closure that is copied. */
export interface Closure {
  readonly name: string;
  /** What it is like, for the table. */
  readonly shape: string;
  readonly path: string;
  readonly paths: readonly string[];
  /** Its NARs in a file, for whoever only carries bytes. */
  readonly file: string;
  readonly bytes: number;
}

const shapes: Readonly<Record<string, PayloadSize>> = {
  A: { paths: 307, kilobytes: 184, changing: 1 },
  B: { paths: 2001, kilobytes: 0, changing: 1 },
  C: { paths: 2, kilobytes: 204_800, changing: 0 },
};

const quickShapes: typeof shapes = { A: { paths: 8, kilobytes: 10, changing: 1 } };

export async function buildClosures(quick: boolean, progress: (text: string) => void): Promise<Closure[]> {
  const closures: Closure[] = [];
  for (const [name, size] of Object.entries(quick ? quickShapes : shapes)) {
    progress(`building closure ${name}`);
    closures.push(await build(name, size));
  }
  return closures;
}

async function build(name: string, size: PayloadSize): Promise<Closure> {
  const payload = new Payload(`copy-${name}`, size);
  payload.place();
  const link = join(scratchFolder(), `copy-${name}`);
  const path = output(
    "nix-build",
    await run(["nix-build", ...payload.nixArguments("1"), "--out-link", link]),
  );
  const listed = output("nix-store", await run(["nix-store", "--query", "--requisites", path]));
  const paths = listed.split("\n");
  const file = `${link}.export`;
  output(
    "export",
    await run(["sh", "-c", 'file=$1; shift; nix-store --export "$@" >"$file"', "sh", file, ...paths]),
  );
  const bytes = Number(output("stat", await run(["stat", "-c", "%s", file])));
  const shape = `${paths.length} paths, ${(bytes / 1e6).toFixed(1)} MB`;
  return { name, shape, path, paths, file, bytes };
}
