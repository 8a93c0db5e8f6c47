import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ERRORS } from '../../src/domain/errors.ts'
import { readSettings, SETTING_NAMES, SETTINGS, viewSetting } from '../../src/domain/settings.ts'

const ROOT = join(import.meta.dirname, '../..')
const OCLIF = join(ROOT, 'node_modules/oclif/bin/run.js')
/** The width of the text; and oclif neither looks for updates nor for TypeScript sources. */
const ENV = { ...process.env, COLUMNS: '120', OCLIF_SKIP_NEW_VERSION_CHECK: '1', NODE_ENV: 'production' }

/** What oclif writes of every command, under README's heading and without what it repeats for each. */
export async function describeCommands(): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [OCLIF, 'readme', '--dry-run'], {
    cwd: ROOT,
    env: ENV,
  })
  return (sectionOf(stdout, 'commands') ?? '')
    .replace(/^## `/gm, '### `')
    .replace(/^GLOBAL FLAGS\n(?: {2}.*\n)+\n?/gm, '')
    .replaceAll(' [--json] [--data-dir DIR] [--no-color]', '')
    .replace(/^(### .*\n\n)(.*)(\n[\s\S]*?\nDESCRIPTION\n) {2}\2\n\n(?= )/gm, '$1$2$3')
    .replace(/\n\n```\n(?!USAGE)/g, '\n```\n')
}

export function describeSettings(): string {
  const defaults = readSettings({})
  const rows = SETTING_NAMES.map((name) => {
    const { help, default: fallback } = viewSetting(name, defaults)
    return [`\`${name}\``, help, SETTINGS[name].legal, fallback && `\`${fallback}\``]
  })
  return table(['name', 'meaning', 'values', 'default'], rows)
}

export function describeErrors(): string {
  const rows = Object.entries(ERRORS).map(([code, { exit, http, meaning }]) => [
    `\`${code}\``,
    String(exit),
    exit > 100 ? '' : String(http),
    meaning,
  ])
  return table(['code', 'exit', 'HTTP', 'meaning'], rows)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n')
}

/** The text between `<!-- name -->` and `<!-- namestop -->`. */
export function sectionOf(text: string, name: string): string | undefined {
  return markers(name).exec(text)?.[2]
}

export function replaceSection(text: string, name: string, section: string): string {
  return text.replace(markers(name), (_, start: string, __: string, stop: string) => `${start}${section}${stop}`)
}

function markers(name: string): RegExp {
  return new RegExp(`(<!-- ${name} -->\\n)([\\s\\S]*?)(<!-- ${name}stop -->)`)
}
