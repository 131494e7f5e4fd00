import { help, type Command, type Option } from "./command";
import { columns } from "./columns";

const exitCodes = [
  "Exit code: 0, or 1 when it failed, 2 when the command line is not understood. That of status is 3 when something",
  "goes on or has to be brought to its end.",
];

export function overview(commands: readonly Command[]): string {
  const lines = columns(commands.map(({ name, takes, summary }) => [`${name} ${takes}`, summary]));
  return text([
    "Looks after deployments on a machine, by hand, and tells what previews and updates change.",
    "",
    "usage: pulumi-nix COMMAND …",
    "",
    ...indented(lines),
    "",
    "pulumi-nix COMMAND --help tells the options.",
    ...exitCodes,
  ]);
}

export function helpOf({ name, takes, summary, details, options }: Command): string {
  const lines = columns(
    Object.entries({ ...options, help }).map(([option, one]) => [shown(option, one), one.help]),
  );
  return text([
    `usage: pulumi-nix ${name} ${takes} [OPTION]…`,
    "",
    `${summary}.`,
    ...(details === undefined ? [] : [details]),
    "",
    ...indented(lines),
  ]);
}

function shown(name: string, { value }: Option): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function text(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}
