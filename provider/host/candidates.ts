/**
 * Values of which one should work, the most promising first: what was given last, unless another one is known to
 * work. The engine hands us credentials out of the state (old) and out of the program (new) in any order.
 */
export class Candidates<Value> {
  private readonly values: Value[] = [];

  constructor(...values: Value[]) {
    values.forEach((value) => this.add(value));
  }

  add(value: Value): void {
    if (!this.values.some((known) => same(known, value))) this.values.unshift(value);
  }

  worked(value: Value): void {
    this.values.sort((a, b) => Number(same(b, value)) - Number(same(a, value)));
  }

  inOrder(): readonly Value[] {
    return [...this.values];
  }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
