import { capture } from "./command";
import { fileOf, generationOf, here, profileLink } from "./machine";
import type { Place } from "./place";
import type { TourStack } from "./stack";
import { step, tell, tellCommand } from "./story";

/** The life of a deployment, from the first preview to somebody's interference. */
export async function takeTour(stack: TourStack, place: Place): Promise<void> {
  await step("Make a stack: its state and settings lie in the cache, not in this checkout", () =>
    prepare(stack, place),
  );
  await step("Preview version 1: the store path is known, nothing is built yet", () => stack.preview());
  await step("Bring version 1 about", () => update(stack, place));
  const first = await observe(stack, place);
  await step("Preview version 2: what would change where, as old => new", () => change(stack, "2"));
  await step("Bring version 2 about", () => update(stack, place));
  await step("Go back to version 1", async () => {
    await stack.set("version", "1");
    await update(stack, place);
    await prove(first, stack, place);
  });
  await step(`${place.disturbance.told}: the next preview sees it`, () => disturb(stack, place));
  await step("Repair it", () => update(stack, place));
}

async function prepare(stack: TourStack, { config, privateKeyPath }: Place): Promise<void> {
  await stack.init();
  for (const [name, value] of Object.entries({ version: "1", ...config })) await stack.set(name, value);
  if (privateKeyPath !== undefined) await stack.setSecretFrom("privateKey", privateKeyPath);
}

async function change(stack: TourStack, version: string): Promise<void> {
  await stack.set("version", version);
  await stack.preview();
}

async function update(stack: TourStack, { machines }: Place): Promise<void> {
  await stack.up();
  for (const { page } of machines) {
    tellCommand(page);
    tell((await capture(page)).trim());
  }
}

async function disturb(stack: TourStack, { disturbance }: Place): Promise<void> {
  tellCommand(disturbance.command);
  await capture(disturbance.command);
  await stack.preview();
}

/** Of each machine the profile's generation; of each store the file that the path is. */
interface Observation {
  readonly generations: readonly string[];
  readonly files: readonly string[];
}

async function observe(stack: TourStack, { machines }: Place): Promise<Observation> {
  const path = await stack.output("path");
  const generations = [];
  const files = [await fileOf(here, path)];
  for (const machine of machines) {
    generations.push(await generationOf(machine));
    files.push(await fileOf(machine.reach, path));
  }
  return { generations, files };
}

/** Says that going back built, copied and added nothing, after looking. */
async function prove(first: Observation, stack: TourStack, place: Place): Promise<void> {
  const now = await observe(stack, place);
  if (JSON.stringify(now) !== JSON.stringify(first)) {
    throw new Error(`going back left something new: ${JSON.stringify(first)} became ${JSON.stringify(now)}`);
  }
  for (const [index, machine] of place.machines.entries()) {
    tellCommand([...machine.reach, "readlink", profileLink(machine)]);
    tell(`${now.generations[index]}, the same generation as the first time`);
  }
  tell(
    "Nothing was built and nothing was copied: in every store the path is still the file of the first update",
    `(inode and time of change, by stat: ${now.files.join(" ")}).`,
  );
}
