import { stripVTControlCharacters } from "node:util";
import { z } from "zod";
import { lastLines } from "../errors";
import type { Message } from "../resource";
import { storePathSchema } from "../values";
import type { Evaluated } from "./evaluation-cache";

export type Found = Evaluated & { readonly key: string };

/** Told of what a process says, as it comes. */
export interface EvaluationListener {
  began(key: string): void;
  found(found: Found): void;
  /** What the last that began gave is no derivation that can be worked with. */
  refused(reason: string): void;
  /** A warning or a trace. */
  said(message: Message): void;
}

const foundSchema: z.ZodType<Found> = z.object({
  key: z.string(),
  name: z.string(),
  drvPath: storePathSchema,
  outputs: z.record(z.string(), storePathSchema),
});

const messageSchema = z.object({
  action: z.literal("msg"),
  level: z.number(),
  msg: z.string(),
  raw_msg: z.string().optional(),
  file: z.string().nullish(),
  line: z.number().nullish(),
});
type NixMessage = z.infer<typeof messageSchema>;

/** Nix's levels (src/libutil/logging.hh): 0 is an error, 1 a warning; traces are "errors" too. */
const warningLevel = 1;

/** Reads standard error of a process that evaluates a batch. */
export class EvaluationStream {
  private last: NixMessage | undefined;
  private readonly verbs: RegExp;

  constructor(
    marker: string,
    private readonly listener: EvaluationListener,
  ) {
    this.verbs = new RegExp(`^trace: ${marker} (begin|ok) (.*)$`, "s");
  }

  take(line: string): void {
    const message = messageOf(line);
    if (message === undefined || message.level > warningLevel || isWait(message)) return;
    const [, verb, rest = ""] = this.verbs.exec(message.msg) ?? [];
    if (verb === "begin") this.listener.began(rest);
    else if (verb === "ok") this.tell(rest);
    else if (message.level === 0 && message.raw_msg !== undefined) this.last = message;
    // Behind the error there is only advice, of arguments that the user did not write.
    else if (this.last === undefined) this.listener.said(remark(message));
  }

  private tell(json: string): void {
    const { data, error } = foundSchema.safeParse(JSON.parse(json));
    if (data !== undefined) this.listener.found(data);
    else this.listener.refused(whyRefused(error));
  }

  /** Why the process failed, in Nix's own words; `otherwise` is what it said instead. */
  error(otherwise: string): string {
    if (this.last?.raw_msg === undefined) return lastLines(otherwise);
    return stripVTControlCharacters(this.last.raw_msg) + placeOf(this.last);
  }
}

/** Of a content-addressed derivation, Nix tells a placeholder in place of the path. */
function whyRefused({ issues }: z.ZodError): string {
  const [field, output] = issues[0]?.path.map(String) ?? [];
  if (output !== undefined)
    return `the path of its output '${output}' is not known before it is built, as it must be here`;
  return field === "drvPath" ? "its drvPath is not a path in the Nix store" : `its ${field} is no text`;
}

function messageOf(line: string): NixMessage | undefined {
  const at = line.indexOf("@nix ");
  if (at < 0) return undefined;
  try {
    return messageSchema.safeParse(JSON.parse(line.slice(at + 5))).data;
  } catch {
    return undefined;
  }
}

/** Another Nix is at work on this machine: it waits, and nobody has to do anything about it. */
function isWait({ level, msg }: NixMessage): boolean {
  return level === warningLevel && /SQLite database .* is busy/.test(stripVTControlCharacters(msg));
}

/** nixpkgs' lib.warn is a trace on older versions of Nix, and a warning on newer ones. */
function remark({ level, msg, raw_msg: raw = msg }: NixMessage): Message {
  const text = stripVTControlCharacters(raw).replace(/^trace: /, "");
  const [, warning] = /^(?:evaluation )?warning:\s*(.*)$/s.exec(text) ?? [];
  const isWarning = warning !== undefined || level === warningLevel;
  return { severity: isWarning ? "warning" : "info", text: (warning ?? text).trim() };
}

/** Of the user's own text, which stands from the second line of standard input on, only the line is worth saying. */
function placeOf({ file, line }: NixMessage): string {
  if (!file) return "";
  if (file.startsWith("/")) return line ? ` (${withoutPlace(file, line)}:${line})` : ` (${file})`;
  const counted = line ?? Number(/:(\d+)/.exec(file)?.[1]);
  return counted > 1 ? ` (line ${counted - 1} of the expression)` : "";
}

/** Nix 2.26 says line and column with the file, and the line once more by itself. */
function withoutPlace(file: string, line: number): string {
  return file.replace(new RegExp(`:${line}:\\d+$`), "");
}
