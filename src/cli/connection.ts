import type { Command } from "commander";
import { type AdminClient, type RootClient, adminOf, rootOf } from "../server/staff.ts";
import { type Asker, Client, lineBy } from "./client.ts";
import { WrongWords } from "./failure.ts";
import { type Profile, readProfile } from "./profile.ts";

/** The options that every command takes. */
interface Given {
  url?: string;
  app?: string;
  token?: string;
  json?: true;
}

/** The same, as they were given to a command. */
export const givenTo = (command: Command) => command.optsWithGlobals<Given>();

/** Where a service is, without what follows its host. Refuses what is no address of one. */
export function originOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username !== "")
    throw new WrongWords(`${url} is no URL of a service: say it as https://im.example`);
  return parsed.href.replace(/\/+$/, "");
}

/** What a text of the environment says; an empty one says nothing. */
const said = (name: string) => process.env[name] || undefined;

const ADMIN = { option: "--token", variable: "WARBLER_TOKEN", what: "admin token" };
const ROOT = { option: "--token", variable: "WARBLER_ROOT_KEY", what: "root key" };

/** What a command is told of the service: an option before the environment, the environment before the profile. */
function placeFor(asker: Asker, command: Command) {
  const given = givenTo(command);
  const { option, variable, what } = asker === "root" ? ROOT : ADMIN;
  const told = {
    url: given.url ?? said("WARBLER_URL"),
    app: given.app ?? said("WARBLER_APP"),
    secret: given.token ?? said(variable),
  };
  // A profile is not looked at where it has nothing to say.
  const isTold = Object.values(told).every((each) => each !== undefined);
  const profile = isTold ? undefined : readProfile();
  const url = originOf(told.url ?? profile?.url ?? missing("where the service is", "--url", "WARBLER_URL"));
  const ours = ofOrigin(profile, url);
  const kept = asker === "root" ? ours?.root_key : ours?.token;
  const secret = secretOf(told.secret ?? (kept || missing(`the ${what}`, option, variable)), what);
  return { url, app: appOf(told.app ?? ours?.app ?? ""), secret };
}

/** A secret as a header can hold it. Refuses another, and does not show it. */
export function secretOf(given: string, what: string): string {
  if (!/^[\x21-\x7e]+$/.test(given))
    throw new WrongWords(`what was given is no ${what}: it has other characters`);
  return given;
}

/** An app's id, or "" where none is named. */
function appOf(given: string): string {
  if (!/^[A-Za-z0-9_-]{0,64}$/.test(given))
    throw new WrongWords(`${given} is no app: its id has 1 to 64 letters, digits, _ or -`);
  return given;
}

/** What is kept for one service is shown to no other. */
function ofOrigin(profile: Profile | undefined, origin: string): Profile | undefined {
  return profile && originOf(profile.url) === origin ? profile : undefined;
}

function missing(what: string, option: string, variable: string): never {
  const login = variable === "WARBLER_ROOT_KEY" ? "warbler login --root" : "warbler login";
  throw new WrongWords(`say ${what}: run ${login}, set ${variable} or give ${option}`);
}

/** An admin's client of the app that the command is told, which sends requests as they are. */
export function adminClient(command: Command): Client {
  const place = placeFor("admin", command);
  if (place.app === "") missing("which app", "--app", "WARBLER_APP");
  return new Client("admin", place);
}

/** The calls of an admin of the app that the command is told. */
export function asAdmin(command: Command): AdminClient {
  return adminOf(lineBy(adminClient(command)));
}

/** The calls of who holds the root key. `app` where the command names it itself. */
export function asRoot(command: Command, app?: string): RootClient {
  const place = placeFor("root", command);
  return rootOf(lineBy(new Client("root", { ...place, app: app ?? place.app })));
}

/** Which app a command of root is about. */
export function requireApp(command: Command): string {
  const { app } = placeFor("root", command);
  return app === "" ? missing("which app", "--app", "WARBLER_APP") : app;
}

/** Where the service is, for who asks it without any token. */
export function urlFor(command: Command): string {
  const url = givenTo(command).url ?? said("WARBLER_URL") ?? readProfile()?.url;
  return originOf(url ?? missing("where the service is", "--url", "WARBLER_URL"));
}
