import { RefusedError } from "../errors";
import type { Host } from "../host/host";
import type { ValidPath } from "../nix/valid-path";

const shownPaths = 3;

/** Why paths do not travel, with the first of those that it is about. */
export function refusal(
  host: Host,
  missing: readonly ValidPath[],
  refused: readonly ValidPath[],
  { happened, hint }: { happened: string; hint: string },
): RefusedError {
  const names = refused.slice(0, shownPaths).map(({ path }) => path);
  const rest = refused.length - names.length;
  return new RefusedError({
    doing: missing.length === 1 ? "copying 1 path" : `copying ${missing.length} paths`,
    host: host.name,
    happened: `${happened}: ${names.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`,
    kept: "nothing was sent",
    hint,
  });
}
