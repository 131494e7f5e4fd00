import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { NoPlace, Places } from "../../provider/host/places";
import type { Place } from "../../provider/host/transport";

/** Takes as many places as there are without waiting. */
async function fill(places: Places, place: Place): Promise<(() => void)[]> {
  const back: (() => void)[] = [];
  const keep = (leave: () => void): number => back.push(leave);
  for (let wanted = 0; wanted < 20; wanted++) places.take(place).then(keep, () => undefined);
  await setImmediate();
  return back;
}

describe("places", () => {
  it("are eight, and the next one is free when one is given back", async () => {
    const places = new Places();
    const back = await fill(places, "brief");
    assert.equal(back.length, 8);
    back[0]?.();
    await setImmediate();
    assert.equal(back.length, 9);
    assert.equal(places.inUse, 8);
  });

  it("are never all held, so that whoever holds one can run a command meanwhile", async () => {
    const places = new Places();
    assert.equal((await fill(places, "held")).length, 5);
    assert.equal((await fill(places, "brief")).length, 3);
  });

  it("leave one for brief commands, however many may take hours", async () => {
    const places = new Places();
    assert.equal((await fill(places, "long")).length, 7);
    assert.equal((await fill(places, "brief")).length, 1);
  });

  it("are not waited for where those that have them may be waiting for the one who asks", async () => {
    const places = new Places();
    await fill(places, "held");
    await assert.rejects(places.take("held"), NoPlace);
    places.shrink();
    for (const place of ["held", "long", "brief"] as const) await assert.rejects(places.take(place), NoPlace);
  });

  it("are waited for where only brief commands have them", async () => {
    for (const place of ["held", "long", "brief"] as const) {
      const places = new Places();
      const leave = await places.take("brief");
      places.shrink();
      const waiting = places.take(place);
      leave();
      await waiting;
    }
  });

  it("that a command of hours has are waited for by another one of that kind, and by no brief one", async () => {
    const places = new Places();
    const leave = await places.take("long");
    places.shrink();
    await assert.rejects(places.take("brief"), NoPlace);
    const waiting = places.take("long");
    leave();
    await waiting;
  });

  it("are no longer waited for when the last brief command is followed by one that stays open", async () => {
    const places = new Places();
    const leave = await places.take("brief");
    places.shrink();
    const staying = places.take("held");
    const waiting = assert.rejects(places.take("brief"), NoPlace);
    leave();
    await Promise.all([staying, waiting]);
  });

  it("are not waited for when a command must end", async () => {
    const places = new Places();
    await fill(places, "brief");
    await places.take("urgent");
    assert.equal(places.inUse, 9);
  });

  it("are as many as the machine allows, at least one", async () => {
    const places = new Places();
    places.shrink();
    assert.equal((await fill(places, "held")).length, 1);
    assert.equal((await fill(places, "brief")).length, 0);
  });

  it("given back twice are free once", async () => {
    const places = new Places();
    const leave = await places.take("brief");
    leave();
    leave();
    assert.equal(places.inUse, 0);
  });

  it("are no longer waited for by what was cancelled", async () => {
    const places = new Places();
    const back = await fill(places, "brief");
    const cancel = new AbortController();
    const waiting = places.take("urgent").then(() => places.take("brief", cancel.signal));
    await setImmediate();
    cancel.abort();
    await assert.rejects(waiting, /cancelled/);
    assert.equal(back.length, 8);
  });
});
