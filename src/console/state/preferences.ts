import { Store, useStore } from "./store.ts";
import { en, type Texts } from "../texts/en.ts";
import { zh } from "../texts/zh.ts";

/** The languages of the console. */
export const languages = { en, zh } as const;

export type Language = keyof typeof languages;

/** Its colours: as the system has them, or as one chooses. */
export const themes = ["system", "light", "dark"] as const;

export type Theme = (typeof themes)[number];

function remembered(name: string): string {
  try {
    return localStorage.getItem(`warbler.${name}`) ?? "";
  } catch {
    return "";
  }
}

function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`warbler.${name}`, value);
  } catch {
    // A browser that keeps nothing asks the system again next time.
  }
}

const isLanguage = (name: string): name is Language => Object.hasOwn(languages, name);

function firstLanguage(): Language {
  const chosen = remembered("language");
  if (isLanguage(chosen)) return chosen;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const language = new Store<Language>(firstLanguage());
export const theme = new Store<Theme>(themes.find((each) => each === remembered("theme")) ?? "system");

/** The texts of the language that is chosen. */
export const useTexts = (): Texts => languages[useStore(language)];

function show(): void {
  document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
  document.documentElement.dataset["theme"] = theme.value;
}

/** Has the document follow what is chosen, now and whenever it changes. */
export function followPreferences(): void {
  show();
  language.subscribe(() => {
    remember("language", language.value);
    show();
  });
  theme.subscribe(() => {
    remember("theme", theme.value);
    show();
  });
}
