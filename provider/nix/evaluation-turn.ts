import type { Host } from "../host/host";
import type { Message } from "../resource";
import type { Evaluated } from "./evaluation-cache";
import type { EvaluationTask } from "./evaluation-expression";
import type { MemoryShare } from "./evaluation-memory";
import { evaluateInProcess } from "./evaluation-process";
import type { Found } from "./evaluation-stream";

/** Tasks of one worker that have not begun; others may take from its end. */
export type Queue = EvaluationTask[];

/** Told of what one process does. */
export interface TurnListener {
  began(task: EvaluationTask): void;
  found(task: EvaluationTask, evaluated: Evaluated): void;
  refused(task: EvaluationTask, reason: string): void;
  /** `isGeneral` when no task has begun: every process says it. */
  said(task: EvaluationTask, message: Message, isGeneral: boolean): void;
  /** What was said of it is said again by another process. */
  putBack(task: EvaluationTask): void;
}

export interface Ended {
  readonly error: string | undefined;
  /** The task that began and did not end. */
  readonly guilty: EvaluationTask | undefined;
}

/** Milliseconds between two looks at the memory. */
const interval = 50;

/** What one process does of a queue: it ends with an error, with its share of the memory, or with the queue. */
export class Turn {
  private readonly ending = new AbortController();
  private current: EvaluationTask | undefined;
  private memory: ReturnType<MemoryShare["of"]> | undefined;

  constructor(
    private readonly queue: Queue,
    private readonly share: MemoryShare,
    private readonly told: TurnListener,
  ) {}

  async take(options: readonly string[], cancelled: AbortSignal, controller: Host): Promise<Ended> {
    const signal = AbortSignal.any([this.ending.signal, cancelled]);
    const started = (pid: number): void => void (this.memory = this.share.of(pid));
    const timer = setInterval(() => this.watchMemory(), interval);
    try {
      const process = { arguments: options, signal, started };
      const error = await evaluateInProcess([...this.queue], process, controller, {
        began: this.unlessEnded((key: string) => this.begin(key)),
        found: this.unlessEnded(({ key: _, ...evaluated }: Found) =>
          this.end((task) => this.told.found(task, evaluated)),
        ),
        refused: this.unlessEnded((reason: string) => this.end((task) => this.told.refused(task, reason))),
        said: this.unlessEnded((message: Message) => this.say(message)),
      });
      return { error, guilty: error === undefined ? undefined : this.current };
    } finally {
      clearInterval(timer);
    }
  }

  /** What it says after it was told to end is said again by the process that does the rest. */
  private unlessEnded<Heard>(hear: (heard: Heard) => void): (heard: Heard) => void {
    return (heard) => (this.ending.signal.aborted ? undefined : hear(heard));
  }

  private begin(key: string): void {
    const [task] = this.queue;
    // The rest is another worker's by now.
    if (task?.key !== key) return this.ending.abort();
    this.queue.shift();
    this.current = task;
    this.told.began(task);
  }

  private end(tell: (task: EvaluationTask) => void): void {
    tell(this.current as EvaluationTask);
    this.current = undefined;
    if (this.memory?.isUsedUp() && this.queue.length > 0) this.ending.abort();
  }

  private say(message: Message): void {
    const task = this.current ?? this.queue[0];
    if (task !== undefined) this.told.said(task, message, this.current === undefined);
  }

  private watchMemory(): void {
    if (this.current === undefined || !this.memory?.isExceeded() || this.ending.signal.aborted) return;
    this.ending.abort();
    this.queue.unshift(this.current);
    this.told.putBack(this.current);
  }
}
