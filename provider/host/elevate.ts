import { join } from "node:path";
import type { Candidates } from "./candidates";
import { loadProgram } from "./program";

/** Becoming another user, as one value. */
export interface Elevator {
  /** The argument list that runs `argv` as that user. `prompt` is what asks for a password, if anything does. */
  wrap(argv: readonly string[], as: string, prompt: string): string[];
  /** For messages: `sudo`. */
  readonly name: string;
  /** What to answer to the prompt. Never shown. */
  readonly passwords?: Candidates<string>;
  /** What to do when it is refused. */
  hint(user: string, as: string): string;
}

export type Elevation = "none" | "sudo" | "doas";

const become = loadProgram(join(__dirname, "become.sh"));

/** The way from the user who logged in to others; undefined when there is none. */
export function elevatorFor(
  user: string,
  elevation: Elevation,
  passwords: Candidates<string>,
): Elevator | undefined {
  if (user === "root") return fromRoot;
  switch (elevation) {
    case "none":
      return undefined;
    case "sudo":
      return passwords.inOrder().length > 0 ? sudoWithPassword(passwords) : sudo;
    case "doas":
      return doas;
  }
}

/** Root needs neither sudo, which may be absent, nor a login session: setpriv sets HOME, USER and LOGNAME. */
const fromRoot: Elevator = {
  name: "setpriv",
  wrap: (argv, as) => ["sh", "-c", become.text, become.name, as, ...argv],
  hint: (_user, as) => `is there a user "${as}" on that machine, and setpriv (util-linux)?`,
};

const sudo: Elevator = {
  name: "sudo",
  wrap: (argv, as) => ["sudo", "-n", "-u", as, "-H", "--", ...argv],
  hint: (user, as) =>
    `"${user}" must be allowed to become "${as}" by sudo without a password (NOPASSWD), or give elevatePassword`,
};

function sudoWithPassword(passwords: Candidates<string>): Elevator {
  return {
    name: "sudo",
    wrap: (argv, as, prompt) => ["sudo", "-S", "-p", prompt, "-u", as, "-H", "--", ...argv],
    passwords,
    hint: (user, as) =>
      `check elevatePassword, and that "${user}" may become "${as}" by sudo (as that user: sudo -l)`,
  };
}

const doas: Elevator = {
  name: "doas",
  wrap: (argv, as) => ["doas", "-n", "-u", as, ...argv],
  hint: (user, as) =>
    `"${user}" must be allowed to become "${as}" without a password: permit nopass ${user} as ${as} in doas.conf`,
};
