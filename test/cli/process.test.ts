import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { amsctl, type Outcome, outcomeOf, temporaryDirectory } from '../support/amsctl.ts'

const LAUNCHER = join(import.meta.dirname, '../../bin/run.js')
const CAM1 = ['--stream', 'cam1', '--type', 'play']
// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence is what is looked for
const COLOUR = /\u001b\[/

let dataDir: string

beforeEach(async () => {
  dataDir = await temporaryDirectory()
})

const run = (args: readonly string[], options: { input?: string; env?: Record<string, string> } = {}) =>
  amsctl(args, { dataDir, ...options })

/** Runs a line of sh in which `amsctl` is the real one. */
async function sh(line: string): Promise<Outcome> {
  const script = `amsctl() { "${process.execPath}" "${LAUNCHER}" "$@"; }\n${line}`
  const child = spawn('sh', ['-c', script], { env: { ...process.env, AMSCTL_DATA_DIR: dataDir } })
  child.stdin.end()
  return outcomeOf(child)
}

describe('exit code, stdout and stderr of', () => {
  it.each<[name: string, argv: string[], code: number, stdout: RegExp, stderr: RegExp]>([
    ['help', [], 0, /USAGE[\s\S]*TOPICS[\s\S]*COMMANDS/, /^$/],
    ['the help of a topic', ['token'], 0, /token create/, /^$/],
    ['the help of a command', ['token', 'create', '--help'], 0, /--expire=TIME/, /^$/],
    ['the version', ['--version'], 0, /^amsctl\/\d+\.\d+\.\d+ /, /^$/],
    ['a command that works', ['settings', 'get', 'retention'], 0, /^1w\n$/, /^$/],
    ['a verdict of no', ['token', 'verify', 'x', ...CAM1], 4, /^unknown token \(TOKEN_UNKNOWN\)\n$/, /^$/],
    [
      'a thing not found',
      ['token', 'show', 'tk_000000000000'],
      3,
      /^$/,
      /^error: no token "tk_000000000000"; see .*\n$/,
    ],
    ['no daemon', ['status'], 5, /^$/, /^error: no daemon on \S+; start one with amsctl serve\n$/],
    ['an unknown flag', ['token', 'list', '--nope'], 2, /^$/, /^error: Nonexistent flag: --nope\nsee .* --help\n$/],
    ['a bad value', ['token', 'create', 'c', '--expire', '1x'], 2, /^$/, /^error: --expire: "1x" is not a time.*\n$/],
    ['an unknown command', ['tokn', 'list'], 127, /^$/, /^error: "tokn list" is not .*did you mean "token list"\?\n$/],
    ['an unknown command of a topic', ['token', 'nope'], 127, /^$/, /^error: "token nope" is not a command/],
  ])('%s', async (_, argv, code, stdout, stderr) => {
    const outcome = await run(argv)
    expect(outcome).toMatchObject({
      code,
      stdout: expect.stringMatching(stdout),
      stderr: expect.stringMatching(stderr),
    })
  })

  it.each<[string, string[], number, string]>([
    ['an unknown command', ['nope', '--json'], 127, 'COMMAND_NOT_FOUND'],
    ['an unknown flag', ['token', 'list', '--nope', '--json'], 2, 'BAD_USAGE'],
    ['a thing not found', ['token', 'show', 'tk_000000000000', '--json'], 3, 'TOKEN_NOT_FOUND'],
    ['no daemon', ['status', '--json'], 5, 'DAEMON_DOWN'],
  ])('%s, under --json', async (_, argv, code, name) => {
    const outcome = await run(argv)
    expect(outcome).toMatchObject({ code, stderr: '' })
    expect(JSON.parse(outcome.stdout)).toEqual({ error: { code: name, message: expect.any(String), exit: code } })
  })

  it('a token mistyped into an unknown command hides the token', async () => {
    const secret = 'Q7'.repeat(16)
    const { code, stderr } = await run(['tokn', 'verify', secret])
    expect(code).toBe(127)
    expect(stderr).not.toContain(secret)
  })
})

describe('in pipelines', () => {
  it('create feeds xargs', async () => {
    const { stdout, code } = await sh(
      'amsctl token create cam1 --type play --count 3 | xargs -n 1 printf "http://host/%s\\n" | sort -u | wc -l',
    )
    expect({ stdout: stdout.trim(), code }).toEqual({ stdout: '3', code: 0 })
  })

  it('list -q feeds revoke -', async () => {
    await run(['token', 'create', ...CAM1, '--count', '5'])
    const { stdout } = await sh('amsctl token list -q --state active | amsctl token revoke -')
    expect(stdout).toBe('revoked 5 tokens, ended 0 sessions\n')
    const nothing = await sh('amsctl token list -q --state active | amsctl token revoke -')
    expect(nothing).toMatchObject({ stdout: 'revoked 0 tokens, ended 0 sessions\n', stderr: '', code: 0 })
  })

  it('a token comes over stdin, however slowly', async () => {
    const { stdout } = await sh(
      'T=$(amsctl token create cam1 --type play); (sleep 0.1; printf "%s\\n" "$T") | amsctl token verify - --stream cam1 --type play',
    )
    expect(stdout).toBe('valid\n')
  })

  it('nothing or several words where one token is wanted exit 2', async () => {
    expect(await run(['token', 'verify', '-', ...CAM1], { input: '' })).toMatchObject({ code: 2, stdout: '' })
    expect(await run(['token', 'verify', '-', ...CAM1], { input: 'a b' })).toMatchObject({ code: 2, stdout: '' })
  })

  it('| head -1 ends quietly, also when far more was to come', async () => {
    const { stdout, stderr } = await sh(
      '{ amsctl token create cam1 --type play --count 10000; echo "exit $?" >&2; } | head -1',
    )
    expect(stdout).toMatch(/^[A-Za-z0-9]{32}\n$/)
    expect(stderr).toBe('exit 0\n')
  })

  it('a closed stdout is no crash', async () => {
    expect(await sh('amsctl token create cam1 --type play >&-')).toMatchObject({ code: 0, stderr: '' })
  })

  it('a full disk under stdout exits 5 and says so', async () => {
    expect(await sh('amsctl settings show > /dev/full')).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/^error: cannot write: ENOSPC/),
    })
  })

  it('a disk that fills up under stdout exits 5: half a result is none', async () => {
    const out = join(await temporaryDirectory(), 'out')
    const mint = 'amsctl token create cam1 --type play --count 500 > /dev/null'
    expect(await sh(`${mint}; ulimit -f 8; amsctl store export > ${out}`)).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/^error: cannot write: EFBIG/),
    })
  })

  it('xargs can pass a token that begins with anything: none begins with a dash', async () => {
    const { stdout } = await sh('amsctl token create cam1 --type play --count 500')
    expect(stdout).not.toMatch(/^-/m)
  })
})

describe('colour in pipes', () => {
  const failing = ['token', 'show', 'tk_000000000000']

  it('is off, and on only where FORCE_COLOR asks for it', async () => {
    expect((await run(failing, { env: { NO_COLOR: '1' } })).stderr).not.toMatch(COLOUR)
    expect((await run(failing, { env: { FORCE_COLOR: '1', NO_COLOR: '' } })).stderr).toMatch(COLOUR)
    expect((await run([...failing, '--no-color'], { env: { FORCE_COLOR: '1', NO_COLOR: '' } })).stderr).not.toMatch(
      COLOUR,
    )
  })
})

it('keeps the start of token create free of servers, prompts and tables', async () => {
  const coverage = await temporaryDirectory()
  await run(['token', 'create', ...CAM1], { env: { NODE_V8_COVERAGE: coverage } })
  const [file] = await readdir(coverage)
  const { result } = JSON.parse(await readFile(join(coverage, file ?? ''), 'utf8'))
  const loaded: string[] = result.map(({ url }: { url: string }) => url)
  expect(loaded.filter((url) => url.endsWith('/@oclif/core/lib/execute.js'))).toHaveLength(1)
  expect(loaded.filter((url) => url.endsWith('/dist/commands/token/create.js'))).toHaveLength(1)
  for (const name of ['node-media-server', '@inquirer', 'cli-table3', 'fastify', 'ws', 'pino', 'express']) {
    expect(
      loaded.filter((url) => url.includes(`/node_modules/${name}/`)),
      name,
    ).toEqual([])
  }
  for (const layer of ['media', 'server/rtmp', 'server/http', 'server/rest']) {
    expect(
      loaded.filter((url) => url.includes(`/dist/${layer}/`)),
      layer,
    ).toEqual([])
  }
})
