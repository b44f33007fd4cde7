import type { Texts } from "./en.ts";

const number = new Intl.NumberFormat("zh-CN");

/** The texts of the import, in Chinese. */
export const zhImport: Texts["import"] = {
  title: "导入用户",
  file: "JSON 行文件",
  lines: "内容",
  hint: "每行一个用户，格式与导出相同。",
  mode: "已存在的用户",
  insert: "保持不变",
  upsert: "更新",
  dry: "仅试运行",
  try: "试运行",
  run: "导入",
  wouldBe: "预计结果",
  became: "导入结果",
  goOn: "继续",
  rejects: "被拒绝的行",
  line: "行",
  wrong: { long: "该行超过 4 MiB", json: "该行不是 JSON" },
  results: { created: "新建", updated: "更新", unchanged: "未变", failed: "被拒绝" },
  summary: (sent, all, rejects) =>
    `已处理 ${number.format(sent)} / ${number.format(all)} 行，${number.format(rejects)} 行被拒绝`,
};
