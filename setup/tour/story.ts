import { shown } from "./command";

const isTerminal = process.stdout.isTTY;
const chapters: { title: string; milliseconds: number }[] = [];

/** Tells a step in plain words, takes it, and notes its time. */
export async function step<T>(title: string, take: () => Promise<T>): Promise<T> {
  console.log(`\n${bold(`== ${title}`)}`);
  const begun = Date.now();
  const result = await take();
  note(title, Date.now() - begun);
  return result;
}

export function note(title: string, milliseconds: number): void {
  chapters.push({ title, milliseconds });
}

/** The command about to be run, exactly. */
export function tellCommand(argv: readonly string[], input?: string): void {
  console.log(bold(`$ ${shown(argv)}${input === undefined ? "" : ` < ${input}`}`));
}

export function tell(...lines: readonly string[]): void {
  for (const line of lines) console.log(`  ${line}`);
}

export function tellTimes(): void {
  console.log(`\n${bold("== What took how long")}`);
  const width = Math.max(...chapters.map(({ title }) => title.length));
  for (const { title, milliseconds } of chapters) tell(`${title.padEnd(width)} ${seconds(milliseconds)}`);
  tell(
    `${"all together".padEnd(width)} ${seconds(chapters.reduce((sum, one) => sum + one.milliseconds, 0))}`,
  );
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1).padStart(6)} s`;
}

export function bold(text: string): string {
  return isTerminal ? `\x1b[1m${text}\x1b[0m` : text;
}
