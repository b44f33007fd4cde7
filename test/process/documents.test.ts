import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...readdirSync("docs").map((name) => `docs/${name}`),
];

const textOf = (page: string) => readFileSync(page, "utf8");

/** A page without its programs. */
const proseOf = (page: string) => textOf(page).replaceAll(/^ *```[\s\S]*?^ *```$/gm, "");

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** The links of a page to what is in this repository: the file, and the anchor where there is one. */
function linksOf(page: string): { file: string; anchor: string | undefined }[] {
  const targets = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [file = "", anchor] = target.split("#");
      return { file: file === "" ? page : normalize(join(dirname(page), file)), anchor };
    });
}

/** True where a link leads to a file, and to one heading of it where it names one. */
const leadsThere = ({ file, anchor }: { file: string; anchor: string | undefined }) =>
  existsSync(file) &&
  (anchor === undefined || anchorsOf(file).filter((each) => each === anchor).length === 1);

describe.each(pages)("%s", (page) => {
  it("links to what is there, and there once", () => {
    expect(linksOf(page).filter((link) => !leadsThere(link))).toEqual([]);
  });

  it("names files and folders that are there", () => {
    const named = [
      ...proseOf(page).matchAll(/`((?:src|test|docs|scripts|examples|bench|migrations)\/[^`\s]*)`/g),
    ];
    expect(named.map(([, path = ""]) => path).filter((path) => !existsSync(path))).toEqual([]);
  });

  it("names commands that package.json has", () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(textOf("package.json")));
    const named = [...textOf(page).matchAll(/npm run ([\w:]+)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

/** The files of a folder and of those in it, but for what is installed there. */
function programNames(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return entry.name === "node_modules" ? [] : programNames(path);
  });
}

describe.each(pages)("%s", (page) => {
  it("shows no program but those of examples/, word for word", () => {
    const examples = programNames("examples").map(textOf);
    const programs = [...textOf(page).matchAll(/```js\n([\s\S]*?)```/g)].map(([, program = ""]) => program);
    expect(programs.filter((program) => !examples.some((text) => text.includes(program)))).toEqual([]);
  });
});

describe("the pages", () => {
  it("are all found from README.md", () => {
    const found = new Set(["README.md"]);
    for (const page of found) {
      for (const { file } of linksOf(page)) if (file.endsWith(".md")) found.add(file);
    }
    expect([...found].toSorted()).toEqual(pages.toSorted());
  });

  it("say of every command what it does", () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(textOf("package.json")));
    const said = textOf("CONTRIBUTING.md");
    const unsaid = Object.keys(scripts).filter(
      (name) => !said.includes(`| \`npm run ${name}\``) && !said.includes(`| \`npm ${name}\``),
    );
    expect(unsaid).toEqual([]);
  });

  it("have every room and every example", () => {
    const rooms = readdirSync("src", { withFileTypes: true })
      .filter((entry) => !entry.name.endsWith(".d.ts"))
      .map((entry) => `| \`${entry.name}${entry.isDirectory() ? "/" : ""}\``);
    const house = textOf("docs/architecture.md");
    expect(rooms.filter((room) => !house.includes(room))).toEqual([]);
    const linked = new Set(linksOf("README.md").map(({ file }) => file));
    const examples = readdirSync("examples").filter((name) => name !== "node_modules");
    expect(examples.filter((name) => !linked.has(join("examples", name)))).toEqual([]);
  });

  it("have every variable and binding of wrangler.toml in the configuration", () => {
    const settings = textOf("wrangler.toml");
    const bindings = [...settings.matchAll(/^(?:binding|name) = "([A-Z_]+)"/gm)].map(([, name = ""]) => name);
    const variables = [...settings.slice(settings.indexOf("[vars]")).matchAll(/^([A-Z_]+) =/gm)].map(
      ([, name = ""]) => name,
    );
    const page = textOf("docs/deploy.md");
    const missing = [...bindings, ...variables].filter((name) => !page.includes(`| \`${name}\``));
    expect(bindings.length).toBeGreaterThan(3);
    expect(variables.length).toBeGreaterThan(3);
    expect(missing).toEqual([]);
  });
});
