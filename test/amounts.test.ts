import assert from "node:assert/strict";
import { bytesOf, durationSchema, secondsOf, shownSize, sizeSchema } from "../provider/amounts";

describe("an amount", () => {
  it("of bytes is a number, or one with a letter as Nix has them", () => {
    const sizes = [0, 4096, "1K", "500M", "1.5G", "2T"];
    const bytes = [0, 4096, 1024, 500 * 2 ** 20, 1.5 * 2 ** 30, 2 * 2 ** 40];
    assert.deepEqual(
      sizes.map((size) => bytesOf(sizeSchema.parse(size))),
      bytes,
    );
  });

  it("of time has a letter for hours, days or weeks", () => {
    const days = ["12h", "30d", "4w"].map((text) => secondsOf(durationSchema.parse(text)) / 86_400);
    assert.deepEqual(days, [0.5, 30, 28]);
  });

  it("that is anything else is refused", () => {
    for (const size of [-1, 0.5, "", "5", "5GB", "-5G", "5 G", "G", true])
      assert.equal(sizeSchema.safeParse(size).success, false, String(size));
    for (const time of ["", "30", "30m", "1.5d", "-1d", "d", 30])
      assert.equal(durationSchema.safeParse(time).success, false, String(time));
  });

  it("is shown with one place behind the point", () => {
    assert.deepEqual([0, 1_500_000, 3 * 2 ** 30].map(shownSize), ["0.0 MiB", "1.4 MiB", "3.0 GiB"]);
  });
});
