import { parseArgs } from "node:util";
import { z } from "zod";

/** A sub-command: a file of its own, named in `index.ts`. */
export interface Command {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** What stands behind the name: `HOST [ID]`. Capitals in brackets may be left out. */
  readonly takes: string;
  /** Further lines of its help. */
  readonly details?: string;
  readonly options: Readonly<Record<string, Option>>;
  /** @returns the exit code */
  run(given: Given): Promise<number>;
}

export interface Option {
  /** What stands behind it (`FILE`); undefined for one that is there or not. */
  readonly value?: string;
  readonly help: string;
}

/** What was written behind a sub-command's name. */
export interface Given {
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** The command line is not understood: exit code 2. The message is one line. */
export class UsageError extends Error {}

export const help: Option = { help: "show this" };

/** @throws UsageError */
export function givenTo({ options, takes }: Command, args: readonly string[]): Given {
  const parsed = understood(options, args);
  const all = takes.split(" ").filter((word) => word !== "");
  const needed = all.filter((word) => !word.startsWith("["));
  const words = parsed.positionals;
  if (parsed.values["help"] !== true) {
    if (words.length < needed.length) throw new UsageError(`${needed[words.length] ?? ""} is missing`);
    if (words.length > all.length) throw new UsageError(`'${words[all.length] ?? ""}' is too much`);
  }
  return { words, options: parsed.values };
}

function understood(
  options: Command["options"],
  args: readonly string[],
): { values: Record<string, unknown>; positionals: string[] } {
  const known = Object.entries({ ...options, help }).map(([name, { value }]) => {
    const type = value === undefined ? ("boolean" as const) : ("string" as const);
    return [name, { type, ...(name === "help" ? { short: "h" } : {}) }] as const;
  });
  try {
    return parseArgs({ args: [...args], options: Object.fromEntries(known), allowPositionals: true });
  } catch (error) {
    // What follows in the message is on positional arguments that begin with a dash.
    throw new UsageError((error as Error).message.split(/\. |\n/, 1)[0]);
  }
}

/**
 * The options of a schema's names, with their defaults; the others are left out.
 * @throws UsageError
 */
export function optionsOf<Schema extends z.ZodType>(schema: Schema, { options }: Given): z.output<Schema> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`--${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
}
