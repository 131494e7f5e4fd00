import { allCases, nameOf } from "./cases";
import { writeReport } from "./report";
import { describeMatrix } from "./matrix";

const wanted = process.env["FAULTS"] ?? "";
const cases = allCases.filter((tried) => new RegExp(wanted).test(nameOf(tried)));

describeMatrix("a deployment that goes wrong", cases, { bookworm: 2, trixie: 2 }, writeReport);
