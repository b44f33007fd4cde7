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

/** All calls of the API, as their method and path: the page of them is made from the declarations. */
const called = new Set([
  ...[...textOf("docs/api.md").matchAll(/^\| ([A-Z, ]+) \| \[`(\/[^`]*)`\]/gm)].flatMap(
    ([, methods = "", path = ""]) => methods.split(", ").map((method) => `${method} ${path}`),
  ),
  "GET /health/live",
  "GET /health/ready",
  "GET /openapi.json",
]);

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

/** The blocks of a page that are of one kind, without what they are indented by. */
const blocksOf = (page: string, kind: string) =>
  [...textOf(page).matchAll(new RegExp(`^( *)\`\`\`${kind}\\n([\\s\\S]*?)^ *\`\`\`$`, "gm"))].map(
    ([, indent = "", block = ""]) => block.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  );

/** The lines of a page that are typed into a shell, each whole. */
const typedIn = (page: string) =>
  blocksOf(page, "sh").flatMap((block) =>
    block
      .replaceAll("\\\n", " ")
      .split("\n")
      .filter((line) => line.trim() !== ""),
  );

describe.each(pages)("%s", (page) => {
  it("has JSON that can be read", () => {
    // An ellipsis stands for what is left out of a text.
    for (const block of blocksOf(page, "json")) expect(() => JSON.parse(block)).not.toThrow();
  });

  it("types calls that there are, by their methods, and words of the command", () => {
    const wrong = typedIn(page).filter((line) => {
      const [, path] = /^curl .*?\$(?:WARBLER|ORIGIN)(\/[\w/.-]*)/.exec(line) ?? [];
      if (path !== undefined) {
        const method = /-X (\w+)/.exec(line)?.[1] ?? (/ (?:-d|--data)/.test(line) ? "POST" : "GET");
        return !called.has(`${method} ${path}`);
      }
      const [, word] = /^(?:npx )?warbler (\w+)/.exec(line) ?? [];
      return word !== undefined && !textOf("docs/command.md").includes(`\`warbler ${word}`);
    });
    expect(wrong).toEqual([]);
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
  it("begin with whom they are for", () => {
    const openings = readdirSync("docs").map((name) => {
      const [, opening = ""] = /^# .*\n\n(.*)/m.exec(textOf(`docs/${name}`)) ?? [];
      return { name, opening };
    });
    expect(
      openings.filter(({ opening }) => !/^For (?:who|whoever|the|admins)\b.+[.:]/.test(opening)),
    ).toEqual([]);
  });

  it("have a README of 120 to 150 lines", () => {
    const { length } = textOf("README.md").trimEnd().split("\n");
    expect(length).toBeGreaterThanOrEqual(120);
    expect(length).toBeLessThanOrEqual(150);
  });

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
