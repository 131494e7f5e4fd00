import { shown } from "./command";
import type { Place } from "./place";
import type { TourStack } from "./stack";
import { bold, tell } from "./story";

/** For --keep: everything is up, and another terminal may go on. */
export function tellWhatStays(stack: TourStack, { machines }: Place): void {
  console.log(`\n${bold("== Everything stays up until you press Ctrl-C here. In another terminal:")}`);
  tell(
    `. ${shown([stack.writeByHand()])}`,
    "pulumi preview --diff",
    "pulumi config set version 3",
    "pulumi up --yes",
    ...machines.map(({ page }) => shown(page)),
    ...machines.filter(({ reach }) => reach.length > 0).map(({ reach }) => shown(reach)),
    "pulumi stack export",
  );
  tell("", "The program is examples/quickstart/index.ts; change it and run pulumi up again.");
}

export function tellHowToGoOn({ kind }: Place): void {
  console.log(`\n${bold("== Go on by hand")}`);
  tell(`With ${kept[kind]}, up until you press Ctrl-C:`, "", "  npm start -- --keep", "");
  tell("With this machine, in your own profile:", "", ...ownStack.map((line) => `  ${line}`), "");
  tell("With machines of yours: the same, with their addresses and a key that may log in as root:", "");
  tell(...ownHosts.map((line) => `  ${line}`));
}

const kept = { fleet: "two hosts like these", "this machine": "a stack like this" } satisfies Record<
  Place["kind"],
  string
>;

const ownStack = [
  ". setup/environment.sh",
  "export PULUMI_BACKEND_URL=file://$HOME",
  "pulumi stack init mine",
  "pulumi config set version 1",
  "pulumi config set scope none",
  "pulumi config set --path hosts.here.local true",
  "pulumi up",
  "pulumi destroy",
];

const ownHosts = [
  "pulumi config set scope system",
  "pulumi config rm hosts",
  "pulumi config set --path hosts.web1.host web1.example.org",
  `pulumi config set --path hosts.web1.hostKey "$(ssh-keyscan -t ed25519 web1.example.org | cut -d' ' -f2-)"`,
  "pulumi config set --secret privateKey < ~/.ssh/id_ed25519",
  "pulumi up",
];
