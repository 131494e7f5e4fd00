/** How much of it is run. */
export interface Extent {
  /** Every figure is taken so often, the things that are compared in turn. */
  readonly rounds: number;
  /** The least that still goes through everything; its figures say nothing. */
  readonly quick: boolean;
}

export interface Benchmark {
  /** The heading of its part of docs/benchmarks.md. */
  readonly title: string;
  /** Takes the figures and gives them as Markdown. */
  run(extent: Extent, progress: (text: string) => void): Promise<string>;
}
