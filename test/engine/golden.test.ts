import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { markAsNixos } from "../examples/nixos-system";
import { bootFleet, type Fleet, type Host } from "../fleet";
import { engineGolden, isWritingGolden } from "../golden";
import { builtOf, fleetProject } from "./previews/fleet-project";
import { twoWebsAndADatabase } from "./previews/programs";
import { assertJson, assertText, namesOf } from "./previews/shown";
import { situations, wanted, type Situation, type Stage } from "./previews/situations";
import { stableJson } from "./previews/stable";

/** `npm run test:previews`. */
const isWhole = isWritingGolden || process.env["ALL_PREVIEWS"] === "true";

/** Each stands on what came before. */
describe("what the engine shows of real machines", function () {
  let fleet: Fleet;
  let hosts: { web1: Host; web2: Host; db1: Host };
  let stage: Stage;

  before(async () => {
    fleet = await bootFleet({ trixie: 2, bookworm: 1 });
    const [web1, web2, db1] = [...fleet.trixie, ...fleet.bookworm] as [Host, Host, Host];
    hosts = { web1, web2, db1 };
    for (const host of [web1, web2]) await markAsNixos(host);
    const project = await fleetProject(twoWebsAndADatabase, hosts);
    stage = { ...hosts, project, built: (args) => builtOf(project, args) };
  });
  after(async () => {
    await stage.project.remove();
    await fleet.stop();
  });

  for (const situation of situations.filter(isShown)) {
    it(`${situation.update ? "goes on behind" : "tells of"} ${situation.of}`, async () => {
      const { project } = stage;
      await project.configure(wanted);
      await situation.before?.(stage);
      await project.configure({ ...situation.config });
      try {
        await (situation.update ? update(situation) : preview(situation));
      } finally {
        await project.configure(wanted);
        await situation.after?.(stage);
      }
    });
  }

  async function preview({ name, isRead = false }: Situation): Promise<void> {
    if (isRead || isWhole) await assertText(stage.project, hosts, name);
    await assertJson(stage.project, hosts, name);
  }

  /** In which order an update's events come, and how often it tries, is chance: it is kept for reports, not compared. */
  async function update({ name, fails = false }: Situation): Promise<void> {
    const { stdout, code } = await stage.project.pulumi(
      "up",
      "--yes",
      "--skip-preview",
      "--json",
      "--show-sames",
    );
    assert.equal(code !== 0, fails, stdout);
    const text = stableJson(stdout, namesOf(stage.project, hosts));
    if (isWritingGolden) writeFileSync(join(engineGolden, `${name}.json`), text);
  }
});

/** The update that fails is the last, and compared with nothing. */
function isShown({ fails = false, isRare = false }: Situation): boolean {
  return isWritingGolden || (!fails && (isWhole || !isRare));
}
