/** What a service does with the comments of one pull or merge request. */
export interface Comments {
  /** Those that begin with the marker and that nobody can have planted; the oldest first. */
  list(marker: string): AsyncIterable<Comment>;
  /** @returns where it can be seen */
  create(body: string): Promise<string>;
  edit(id: number, body: string): Promise<string>;
}

export interface Comment {
  readonly id: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;
