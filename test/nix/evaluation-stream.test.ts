import assert from "node:assert/strict";
import { EvaluationStream } from "../../provider/nix/evaluation-stream";
import type { Message } from "../../provider/resource";

describe("what Nix says while it evaluates", () => {
  const heard = (
    level: number,
    msg: string,
    place: object = {},
  ): { said: Message[]; stream: EvaluationStream } => {
    const said: Message[] = [];
    const ignore = (): void => undefined;
    const listener = {
      began: ignore,
      found: ignore,
      refused: ignore,
      said: (one: Message) => said.push(one),
    };
    const stream = new EvaluationStream("marker", listener);
    stream.take(`@nix ${JSON.stringify({ action: "msg", level, msg, raw_msg: msg, ...place })}`);
    return { said, stream };
  };
  const busy = "error: SQLite database '/nix/var/nix/db/db.sqlite' is busy";

  it("is not told when it only waits for another Nix on this machine", () => {
    assert.deepEqual(heard(1, `\u001b[35;1mwarning:\u001b[0m ${busy}`).said, []);
    assert.deepEqual(heard(1, "warning: deprecated").said, [{ severity: "warning", text: "deprecated" }]);
  });

  it("is told when the wait was in vain", () => {
    assert.equal(heard(0, busy).stream.error(""), busy);
  });

  it("names the file and the line, as Nix 2.8 tells them and as 2.26 does", () => {
    for (const file of ["/web.nix", "/web.nix:3:12"]) {
      const { stream } = heard(0, "syntax error", { file, line: 3, column: 12 });
      assert.equal(stream.error(""), "syntax error (/web.nix:3)");
    }
  });
});
