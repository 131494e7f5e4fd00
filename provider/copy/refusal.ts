import { RefusedError } from "../errors";
import type { Host } from "../host/host";
import type { ValidPath } from "../nix/valid-path";

/** Why paths do not travel. */
export interface Reason {
  /** What the machine has to do with it, if it has. */
  readonly because?: string;
  /** Completes "2 of them lack …". */
  readonly lacking: string;
  readonly hint: string;
}

const shownPaths = 3;

/** Names the first of the paths that it is about. */
export function refusal(
  host: Host,
  missing: readonly ValidPath[],
  refused: readonly ValidPath[],
  { because, lacking, hint }: Reason,
): RefusedError {
  const names = refused.slice(0, shownPaths).map(({ path }) => path);
  const rest = refused.length - names.length;
  const listed = names.join(", ") + (rest > 0 ? ` and ${rest} more` : "");
  return new RefusedError({
    doing: missing.length === 1 ? "copying 1 path" : `copying ${missing.length} paths`,
    host: host.name,
    happened: `${because === undefined ? "" : `${because}, and `}${subject(missing, refused)} ${lacking}: ${listed}`,
    kept: "nothing was sent",
    hint,
  });
}

function subject({ length: all }: readonly ValidPath[], { length: some }: readonly ValidPath[]): string {
  if (all === 1) return "it lacks";
  return some === 1 ? "1 of them lacks" : `${some === all ? "all" : some} of them lack`;
}
