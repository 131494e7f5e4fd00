import type { Benchmark } from "../benchmark";
export const roundTrips: Benchmark = { title: "Round trips", run: () => Promise.resolve("") };
