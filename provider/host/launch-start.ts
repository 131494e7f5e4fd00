import type { Candidates } from "./candidates";
import type { TransportProcess } from "./transport";

export interface StartSigns {
  /** The launcher's word that the command starts. */
  marker: string;
  /** What asks for a password. */
  prompt: string;
  passwords: Candidates<string> | undefined;
}

/** The command was never started; `said` is what came on standard error instead. */
export class NotStarted extends Error {
  constructor(
    readonly reason: "ended" | "password refused",
    readonly said: string,
  ) {
    super(reason);
  }
}

/**
 * Reads standard error until the launcher says that the command starts, and answers when a password is asked for;
 * only then, because without a question it would reach the command. What comes after the marker is the command's.
 * @returns the command's process group
 */
export function untilStarted(
  process: TransportProcess,
  signs: StartSigns,
  own: (chunk: Buffer) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const answer = answering(process, signs.passwords);
    let started = false;
    let before = Buffer.alloc(0);
    process.stderr.on("data", (chunk: Buffer) => {
      if (started) return own(chunk);
      before = Buffer.concat([before, chunk]);
      const text = before.toString("latin1");
      const mark = startOf(text, signs.marker);
      if (mark) {
        started = true;
        if (answer.given !== undefined) signs.passwords?.worked(answer.given);
        resolve(mark.group);
        if (mark.end < before.length) own(before.subarray(mark.end));
      } else if (!answer.all(count(text, signs.prompt))) {
        reject(new NotStarted("password refused", without(before, signs)));
      }
    });
    process.stderr.once("close", () => reject(new NotStarted("ended", without(before, signs))));
    process.stderr.once("end", () => reject(new NotStarted("ended", without(before, signs))));
  });
}

interface Answering {
  given: string | undefined;
  /** Answers as many questions; false when there are more questions than passwords. */
  all(questions: number): boolean;
}

function answering(process: TransportProcess, passwords: Candidates<string> | undefined): Answering {
  let answered = 0;
  const refused = new Set<string>();
  const answering: Answering = {
    given: undefined,
    all(questions) {
      for (; answered < questions; answered++) {
        // Asked anew each time: another resource may have brought a newer one meanwhile.
        const password = passwords?.inOrder().find((each) => !refused.has(each));
        if (password === undefined) return false;
        process.stdin.write(`${password}\n`);
        answering.given = password;
        refused.add(password);
      }
      return true;
    },
  };
  return answering;
}

function startOf(text: string, marker: string): { group: string; end: number } | undefined {
  const match = new RegExp(`${marker} (\\d+)\n`).exec(text);
  return match?.[1] === undefined ? undefined : { group: match[1], end: match.index + match[0].length };
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

function without(said: Buffer, signs: StartSigns): string {
  return said.toString("utf8").replaceAll(signs.prompt, "").trim();
}
