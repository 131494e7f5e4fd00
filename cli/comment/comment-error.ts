interface Refusal {
  /** What was asked: method and address. */
  readonly doing: string;
  /** Of the answer; undefined when there was none. */
  readonly status?: number | undefined;
  /** What the service said. */
  readonly happened: string;
  readonly hint?: string | undefined;
  /** Whether the same may succeed later. */
  readonly mayPass: boolean;
  /** Seconds that the service wants to be left alone for. */
  readonly retryAfter?: number | undefined;
}

/** A service did not do what was asked of it. */
export class CommentError extends Error {
  readonly status: number | undefined;
  readonly mayPass: boolean;
  readonly retryAfter: number | undefined;

  constructor({ doing, status, happened, hint, mayPass, retryAfter }: Refusal) {
    const answer = [status === undefined ? "" : `status ${status}`, happened].filter((word) => word !== "");
    const last = hint === undefined ? "" : `\nhint: ${hint}`;
    super(`the comment was not written: ${doing} failed: ${answer.join(", ")}${last}`);
    this.status = status;
    this.mayPass = mayPass;
    this.retryAfter = retryAfter;
  }
}
