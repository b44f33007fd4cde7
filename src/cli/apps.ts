import { Command } from "commander";
import type { RootOperations } from "../server/index.ts";
import { asRoot } from "./connection.ts";
import { appSettings } from "./kinds.ts";
import { example, printerOf } from "./words.ts";

type App = RootOperations["getApp"]["answer"]["data"];

const status = ({ status }: App) => (status === 0 ? "normal" : "suspended");

async function change(command: Command, app: string, words: readonly string[]): Promise<void> {
  const { data } = await asRoot(command, app).setApp(await appSettings(words));
  printerOf(command).one(data);
}

function list(): Command {
  return example(
    new Command("list").description("List the apps.").action(async (_options: object, command: Command) => {
      const { data } = await asRoot(command, "").listApps();
      printerOf(command).rows<App>(
        [
          ["app", ({ app_id }) => app_id],
          ["name", ({ name }) => name],
          ["status", status],
          ["registration", ({ registration }) => registration],
          ["database", ({ database }) => database],
          ["time zone", ({ time_zone }) => time_zone],
        ],
        data,
        "There are no apps.",
      );
    }),
    "warbler apps list",
  );
}

function create(): Command {
  return example(
    new Command("create")
      .description("Make an app, with settings where they are to differ from the usual ones.")
      .argument("<app>", "its id")
      .argument("[name=value...]", "settings")
      .action(async (app: string, words: string[], _options: object, command: Command) => {
        const settings = { app_id: app, ...(await appSettings(words)) };
        printerOf(command).one((await asRoot(command, "").createApp(settings)).data);
      }),
    "warbler apps create shop name=Shop registration=closed",
  );
}

function show(): Command {
  return example(
    new Command("show")
      .description("Show an app and all its settings.")
      .argument("<app>", "its id")
      .action(async (app: string, _options: object, command: Command) => {
        printerOf(command).one((await asRoot(command, app).getApp()).data);
      }),
    "warbler apps show shop",
  );
}

function settings(): Command {
  return example(
    new Command("settings")
      .description(
        "Change settings of an app; those that are not named stay. A list or an object is JSON. A secret is\nasked for by -, or read from stdin.",
      )
      .argument("<app>", "its id")
      .argument("<name=value...>", "what to change")
      .action(async (app: string, words: string[], _options: object, command: Command) => {
        await change(command, app, words);
      }),
    "warbler apps settings shop time_zone=Europe/Berlin token_ttl=86400",
    "warbler apps settings shop webhook_secret=- < secret.txt",
  );
}

function setStatus(name: string, description: string, status: 0 | 1): Command {
  return example(
    new Command(name)
      .description(description)
      .argument("<app>", "its id")
      .action(async (app: string, _options: object, command: Command) => {
        await change(command, app, [`status=${status}`]);
      }),
    `warbler apps ${name} shop`,
  );
}

/** `warbler apps` */
export const appsWord = () =>
  example(
    new Command("apps")
      .summary("list, create, show, settings, suspend, resume")
      .description("Apps and their settings. All of it needs the root key.")
      .addCommand(list())
      .addCommand(create())
      .addCommand(show())
      .addCommand(settings())
      .addCommand(
        setStatus("suspend", "Suspend an app: every call is refused but those with the root key.", 1),
      )
      .addCommand(setStatus("resume", "Let an app's users and admins call again.", 0)),
    "warbler apps show shop",
  );
