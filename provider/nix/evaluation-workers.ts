import type { Host } from "../host/host";
import type { Message } from "../resource";
import type { Evaluated } from "./evaluation-cache";
import { isInline, type EvaluationTask } from "./evaluation-expression";
import type { Places } from "./evaluation-limits";
import { MemoryShare } from "./evaluation-memory";
import { evaluateInProcess } from "./evaluation-process";
import type { Found } from "./evaluation-stream";

export type TaskOutcome = (({ ok: true } & Evaluated) | { ok: false; property: string; reason: string }) & {
  readonly messages: readonly Message[];
};

export interface Workplace {
  readonly controller: Host;
  readonly places: Places;
  /** Bytes that one process may hold. */
  readonly share: number;
  /** Told of each task that begins. */
  began(key: string): void;
}

/** Milliseconds after which evaluating counts as long enough for another worker. */
const patience = 300;
/** Tasks that make it worthwhile: another worker pays its own start and computes again what the tasks share. */
const worthwhile = 4;
/** Of more messages about one task, only the number is said. */
const mostMessages = 50;

/**
 * Evaluates all tasks: by one process, and by more of them when there is much to do and a place for a worker is free.
 * A process that an error has ended, or that holds too much memory, is followed by another with the rest.
 */
export async function evaluateTasks(
  tasks: readonly EvaluationTask[],
  options: readonly string[],
  workplace: Workplace,
): Promise<Map<string, TaskOutcome>> {
  const crew = new Crew(options, workplace);
  await crew.evaluate(tasks);
  return crew.outcomes;
}

/** Tasks of one worker that have not begun; others may take from its end. */
type Queue = EvaluationTask[];

interface Ended {
  readonly error: string | undefined;
  /** The task that began and did not end. */
  readonly guilty: EvaluationTask | undefined;
}

class Crew {
  readonly outcomes = new Map<string, TaskOutcome>();
  private readonly queues = new Set<Queue>();
  private readonly working = new Set<Promise<void>>();
  private readonly messages = new Map<string, Message[]>();
  private readonly ending = new AbortController();

  constructor(
    private readonly options: readonly string[],
    private readonly workplace: Workplace,
  ) {}

  async evaluate(tasks: readonly EvaluationTask[]): Promise<void> {
    await this.workplace.places.take();
    this.employ([...tasks]);
    const timer = setInterval(() => this.divide(), patience);
    try {
      while (this.working.size > 0) await Promise.race(this.working);
    } finally {
      clearInterval(timer);
      this.ending.abort();
    }
  }

  private employ(queue: Queue): void {
    this.queues.add(queue);
    const work = this.workOff(queue).finally(() => {
      this.queues.delete(queue);
      this.working.delete(work);
      this.workplace.places.giveBack();
    });
    this.working.add(work);
  }

  /** Gives half of the longest queue to another worker. */
  private divide(): void {
    const [longest = []] = [...this.queues].sort((a, b) => b.length - a.length);
    if (longest.length < worthwhile || !this.workplace.places.takeNow()) return;
    this.employ(longest.splice(Math.ceil(longest.length / 2)));
  }

  private async workOff(queue: Queue): Promise<void> {
    while (queue.length > 0 && !this.ending.signal.aborted) {
      const before = queue.length;
      const { error, guilty } = await this.runProcess(queue);
      if (guilty !== undefined) this.settle(guilty.key, explain(error ?? ""));
      else if (error !== undefined && queue.length === before) await this.findGuilty(queue.splice(0), error);
    }
  }

  /** Before any task has begun: a text that does not parse spoils the process for all, anything else is all the same. */
  private async findGuilty(tasks: EvaluationTask[], error: string): Promise<void> {
    if (tasks.length === 1 || !tasks.some(isInline)) {
      for (const { key } of tasks) this.settle(key, explain(error));
      return;
    }
    const half = Math.ceil(tasks.length / 2);
    await this.workOff(tasks.slice(0, half));
    await this.workOff(tasks.slice(half));
  }

  private async runProcess(queue: Queue): Promise<Ended> {
    const { controller, share, began } = this.workplace;
    const ending = new AbortController();
    const memory = new MemoryShare(share);
    let process: number | undefined;
    let current: EvaluationTask | undefined;
    // What it says after it was told to end is said again by the process that does the rest.
    const unlessEnded =
      <Heard>(hear: (heard: Heard) => void) =>
      (heard: Heard): void =>
        ending.signal.aborted ? undefined : hear(heard);
    const listener = {
      began: unlessEnded((key: string) => {
        // The rest is another worker's by now.
        if (queue[0]?.key !== key) return ending.abort();
        current = queue.shift();
        began(key);
      }),
      found: unlessEnded(({ key, ...evaluated }: Found) => {
        current = undefined;
        this.settle(key, { ok: true, ...evaluated });
        if (queue.length > 0 && process !== undefined && memory.isUsedUp(process)) ending.abort();
      }),
      said: unlessEnded((message: Message) => this.note(current ?? queue[0], message, current === undefined)),
    };
    const signal = AbortSignal.any([ending.signal, this.ending.signal]);
    const started = (pid: number): void => void (process = pid);
    const options = { arguments: this.options, signal, started };
    const error = await evaluateInProcess([...queue], options, controller, listener);
    return { error, guilty: error === undefined ? undefined : current };
  }

  private settle(key: string, outcome: Explained): void {
    this.outcomes.set(key, { ...outcome, messages: shortened(this.messages.get(key) ?? []) });
  }

  private note(task: EvaluationTask | undefined, message: Message, isGeneral: boolean): void {
    if (task === undefined) return;
    // Every process says it.
    if (isGeneral && [...this.messages.values()].flat().some(({ text }) => text === message.text)) return;
    this.messages.set(task.key, [...(this.messages.get(task.key) ?? []), message]);
  }
}

type Explained = ({ ok: true } & Evaluated) | { ok: false; property: string; reason: string };

/** Our own messages carry the input at fault. */
function explain(text: string): Explained {
  const [, property, own] = /^@@(attr|args) (.*)$/s.exec(text) ?? [];
  return { ok: false, property: property ?? "", reason: own ?? text };
}

function shortened(messages: readonly Message[]): Message[] {
  const more = messages.length - mostMessages;
  if (more <= 0) return [...messages];
  return [...messages.slice(0, mostMessages), { severity: "info", text: `and ${more} more` }];
}
