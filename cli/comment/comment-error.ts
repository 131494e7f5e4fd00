/** A service did not do what was asked of it. Its first line: what was asked, and what was answered. */
export class CommentError extends Error {
  constructor(
    doing: string,
    readonly status: number | undefined,
    happened: string,
    hint: string | undefined,
    /** Seconds after which to try again, if that may help. */
    readonly retryAfter?: number,
  ) {
    const answer = [status === undefined ? "" : `status ${status}`, happened]
      .filter((word) => word !== "")
      .join(", ");
    super(
      `the comment was not written: ${doing} failed: ${answer}${hint === undefined ? "" : `\nhint: ${hint}`}`,
    );
  }

  /** Whether the connection failed, or the service may do it the next time. */
  get mayPass(): boolean {
    return this.status === undefined || this.retryAfter !== undefined;
  }
}
