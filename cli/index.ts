#!/usr/bin/env node
import { DeploymentError } from "../provider/errors";
import { givenTo, UsageError, type Command } from "./command";
import { helpOf, overview } from "./help";
import { historyCommand } from "./history";
import { CommentError } from "./comment/comment-error";
import { reportCommand } from "./report";
import { rollbackCommand } from "./rollback";
import { statusCommand } from "./status";
import { unlockCommand } from "./unlock";

const commands: readonly Command[] = [
  historyCommand,
  statusCommand,
  unlockCommand,
  rollbackCommand,
  reportCommand,
];

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(overview(commands));
    return name === undefined ? 2 : 0;
  }
  const command = commands.find((one) => one.name === name);
  if (command === undefined) return misunderstood("pulumi-nix", `there is no command '${name}'`);
  try {
    return await called(command, args);
  } catch (error) {
    if (error instanceof UsageError) return misunderstood(`pulumi-nix ${name}`, error.message);
    // Of what is not ours, where it comes from is all that helps.
    const text =
      error instanceof DeploymentError || error instanceof CommentError
        ? error.message
        : String((error as Error).stack);
    process.stderr.write(`pulumi-nix ${name}: ${text}\n`);
    return 1;
  }
}

async function called(command: Command, args: readonly string[]): Promise<number> {
  const given = givenTo(command, args);
  if (given.options["help"] !== true) return command.run(given);
  process.stdout.write(helpOf(command));
  return 0;
}

function misunderstood(command: string, reason: string): number {
  process.stderr.write(`${command}: ${reason} (${command} --help tells what there is)\n`);
  return 2;
}

// Whoever reads may stop (`| head`).
process.stdout.on("error", () => process.exit());
void main(process.argv.slice(2)).then((code) => (process.exitCode = code));
