import type { Host } from "../host/host";
import type { Message } from "../resource";
import type { Evaluated } from "./evaluation-cache";
import { isInline, type EvaluationTask } from "./evaluation-expression";
import type { Capacity } from "./evaluation-limits";
import { MemoryShare } from "./evaluation-memory";
import { Turn, type Queue, type TurnListener } from "./evaluation-turn";

export type TaskOutcome = Outcome & { readonly messages: readonly Message[] };
type Outcome = ({ ok: true } & Evaluated) | { ok: false; property: string; reason: string };

export interface Workplace extends Capacity {
  readonly controller: Host;
  /** Told of each task that begins. */
  began(key: string): void;
  /** Whether an error is one that all with the same root will have: they are not tried then. */
  isShared(error: string): boolean;
}

/** Milliseconds after which evaluating counts as long enough for another worker. */
const patience = 150;
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

class Crew {
  readonly outcomes = new Map<string, TaskOutcome>();
  private readonly queues = new Set<Queue>();
  private readonly working = new Set<Promise<void>>();
  private readonly messages = new Map<string, Message[]>();
  private readonly general = new Set<string>();
  private readonly ending = new AbortController();
  private readonly share: MemoryShare;

  constructor(
    private readonly options: readonly string[],
    private readonly workplace: Workplace,
  ) {
    this.share = new MemoryShare(workplace.share);
  }

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
      const turn = new Turn(queue, this.share, this.listener);
      const { error, guilty } = await turn.take(this.options, this.ending.signal, this.workplace.controller);
      if (guilty !== undefined) this.fail(guilty, queue, error ?? "");
      else if (queue.length === before) await this.findGuilty(queue.splice(0), error);
    }
  }

  private fail(guilty: EvaluationTask, queue: Queue, error: string): void {
    const isShared = this.workplace.isShared(error);
    const failing = isShared ? queue.filter(({ root }) => root === guilty.root) : [];
    for (const task of [guilty, ...failing]) this.settle(task, explain(error));
    queue.splice(0, queue.length, ...queue.filter((task) => !failing.includes(task)));
  }

  /** Before any task has begun: a text that does not parse spoils the process for all, anything else is all the same. */
  private async findGuilty(tasks: EvaluationTask[], error?: string): Promise<void> {
    if (error === undefined || tasks.length === 1 || !tasks.some(isInline)) {
      for (const task of tasks) this.settle(task, explain(error ?? "Nix ended without a word of it"));
      return;
    }
    const half = Math.ceil(tasks.length / 2);
    await this.workOff(tasks.slice(0, half));
    await this.workOff(tasks.slice(half));
  }

  private readonly listener: TurnListener = {
    began: ({ key }) => this.workplace.began(key),
    found: (task, evaluated) => this.settle(task, { ok: true, ...evaluated }),
    refused: (task, reason) => this.settle(task, explain(reason)),
    said: ({ key }, message, isGeneral) => {
      if (isGeneral && this.general.has(message.text)) return;
      if (isGeneral) this.general.add(message.text);
      const said = this.messages.get(key) ?? [];
      this.messages.set(key, said);
      said.push(message);
    },
    putBack: ({ key }) => this.messages.delete(key),
  };

  private settle({ key }: EvaluationTask, outcome: Outcome): void {
    this.outcomes.set(key, { ...outcome, messages: shortened(this.messages.get(key) ?? []) });
  }
}

/** Our own messages carry the input at fault. */
function explain(text: string): Outcome {
  const [, property, own] = /^@@(attr|args) (.*)$/s.exec(text) ?? [];
  return { ok: false, property: property ?? "", reason: own ?? text };
}

function shortened(messages: readonly Message[]): Message[] {
  const more = messages.length - mostMessages;
  if (more <= 0) return [...messages];
  return [...messages.slice(0, mostMessages), { severity: "info", text: `and ${more} more` }];
}
