import { StringDecoder } from "node:string_decoder";

/** Asks at the terminal, which does not show what is typed; where there is none, takes a line of standard input. */
export async function askedPassword(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) return line();
  stdin.setRawMode(true);
  stderr.write(`${prompt}: `);
  try {
    return await line();
  } finally {
    stdin.setRawMode(false);
    stderr.write("\n");
  }
}

/** The first line; behind it nothing is read, so that nothing waits for an end of the input. */
function line(): Promise<string> {
  const { stdin } = process;
  const decoder = new StringDecoder("utf8");
  let typed = "";
  return new Promise((resolve) => {
    const done = (): void => {
      stdin.off("data", take).off("end", done).pause();
      // A pipe whose writer stays open would hold the process.
      stdin.unref();
      resolve(typed);
    };
    const take = (chunk: Buffer): void => {
      for (const key of decoder.write(chunk)) {
        if (key === "\r" || key === "\n") return done();
        typed = typedWith(typed, key);
      }
    };
    stdin.on("data", take).once("end", done).resume();
  });
}

/** In raw mode the terminal leaves these to us: interrupt, end, backspace. */
function typedWith(typed: string, key: string): string {
  if (process.stdin.isTTY && (key === "\x03" || key === "\x04")) {
    process.stdin.setRawMode(false);
    process.exit(130);
  }
  return key === "\x7f" || key === "\b" ? typed.slice(0, -1) : typed + key;
}
