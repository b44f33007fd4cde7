import { Command } from "commander";
import { askSecret } from "./ask.ts";
import { adminOf, rootOf } from "../server/staff.ts";
import { Client, Refused, lineBy } from "./client.ts";
import { givenTo, originOf, secretOf } from "./connection.ts";
import { WrongWords } from "./failure.ts";
import { note } from "./print.ts";
import { type Profile, profilePath, readProfile, writeProfile } from "./profile.ts";
import { example, printerOf } from "./words.ts";

/** A token that may not do what it was tried with is a token all the same. */
const FORBIDDEN = 10010;

/** Tries an admin token: refused where it is none of this app's. */
async function tryToken(place: { url: string; app: string; secret: string }): Promise<void> {
  try {
    await adminOf(lineBy(new Client("admin", place))).listUsers({ page_size: 1 });
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== FORBIDDEN) throw error;
    note(`The token is good, but not for reading users: ${error.message}`);
  }
}

async function login(command: Command, isRoot: boolean): Promise<void> {
  const given = givenTo(command);
  const known = readProfile({ isWrittenAnew: true });
  const at = given.url ?? process.env["WARBLER_URL"] ?? known?.url;
  if (!at) throw new WrongWords("say where the service is: give --url");
  const url = originOf(at);
  const ours = known && originOf(known.url) === url ? known : undefined;
  const app = given.app ?? process.env["WARBLER_APP"] ?? ours?.app ?? "";
  if (app === "" && !isRoot) throw new WrongWords("say which app the token is of: give --app");
  const what = isRoot ? "root key" : "admin token";
  const secret = secretOf(given.token ?? (await askSecret(what)), what);
  if (isRoot) await rootOf(lineBy(new Client("root", { url, app: "", secret }))).listApps();
  else await tryToken({ url, app, secret });
  const profile: Profile = {
    url,
    app,
    token: isRoot ? (ours?.token ?? "") : secret,
    root_key: isRoot ? secret : (ours?.root_key ?? ""),
  };
  writeProfile(profile);
  const kept = { url, app, profile: profilePath() };
  const printer = printerOf(command);
  if (printer.isJson) printer.one(kept);
  else printer.say(`Kept the ${what} for ${url} in ${kept.profile}`);
}

/** `warbler login` */
export const loginWord = () =>
  example(
    new Command("login")
      .summary("keep where the service is, the app and its token")
      .description(
        "Tries an admin token and keeps it with the URL and the app, readable for you alone. The token is\nasked for without showing it, or read from stdin.",
      )
      .option("--root", "keep the root key, which apps and tokens need")
      .action(async (options: { root?: true }, command: Command) => {
        await login(command, options.root === true);
      }),
    "warbler login --url https://im.example --app shop < token.txt",
  );
