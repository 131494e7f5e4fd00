import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";
import { importCircles } from "./setup/check/import-circles.mjs";
import { importDoors } from "./setup/check/import-rules.mjs";

/** Formatting is prettier's. */
export default defineConfig(
  { ignores: ["**/node_modules/", "dist/", "dist.part/", "test/package/programs/", "**/*.d.ts"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ["tsconfig.all.json", "examples/tsconfig.json"],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: "error" },
    rules: {
      "max-lines": ["error", 300],
      "max-lines-per-function": ["error", { max: 50, IIFEs: true }],
      eqeqeq: "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `return log(…)` to leave early, async stand-ins that answer at once, and interfaces' methods taken apart by
      // destructuring are how this code is written.
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/unbound-method": "off",
      // What Node and ssh2 reject with are Errors.
      "@typescript-eslint/use-unknown-in-catch-callback-variable": "off",
      // A name that has to stand somewhere and is not used begins with _.
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
  // A suite is one function around its statements.
  { files: ["test/**/*.test.ts"], rules: { "max-lines-per-function": "off" } },
  {
    files: ["provider/**/*.ts", "sdk/**/*.ts", "cli/**/*.ts"],
    plugins: { house: { rules: { "import-circles": importCircles, "import-doors": importDoors } } },
    rules: { "house/import-circles": "error", "house/import-doors": "error" },
  },
);
