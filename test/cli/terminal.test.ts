import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { mustAmsctl, outcomeOf, temporaryDirectory } from '../support/amsctl.ts'
import { noteSecret } from '../support/leaks.ts'
import { mustRunLine } from '../support/run-command.ts'

const LAUNCHER = join(import.meta.dirname, '../../bin/run.js')
const ON_TERMINAL = join(import.meta.dirname, '../support/on_terminal.py')

/** An exchange on a terminal: when the first text appears, the second is typed; null: the terminal is closed. */
type Exchange = readonly [wait: string, type: string | null]

interface Screen {
  readonly code: number | null
  /** What the terminal showed, colours removed. */
  readonly text: string
  /** The same with them. */
  readonly raw: string
  /** What went to a stdout that is a pipe; empty where the terminal is stdout too. */
  readonly piped: string
}

/** Where it really is: what stands for it in the PATH may be a script that searches for it, each time. */
const python = (() => {
  try {
    return execFileSync('python3', ['-c', 'import pty, sys; print(sys.executable)'], { encoding: 'utf8' }).trim()
  } catch (error) {
    process.stderr.write(`SKIPPED: no python3 with pty here, so nothing is tested on a terminal (${error})\n`)
    return null
  }
})()

let dataDir: string

beforeEach(async () => {
  dataDir = await temporaryDirectory()
})

/** Runs amsctl on a pseudo-terminal; with `pipe` its stdout is a pipe all the same, as in `$(amsctl …)`. */
async function onTerminal(argv: string[], exchanges: Exchange[] = [], env = {}, pipe = false): Promise<Screen> {
  const plan = JSON.stringify({ argv: [process.execPath, LAUNCHER, ...argv], exchanges, pipe })
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...clean } = process.env
  const child = spawn(python ?? 'python3', [ON_TERMINAL, plan], {
    env: { ...clean, TERM: 'xterm', AMSCTL_DATA_DIR: dataDir, ...env },
  })
  child.stdin.end()
  const { code, stdout, stderr } = await outcomeOf(child)
  if (stderr !== '') throw new Error(stderr)
  const { screen, piped } = JSON.parse(stdout)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is removed
  return { code, text: screen.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, ''), raw: screen, piped }
}

const create = (...argv: string[]) => mustRunLine(['token', 'create', ...argv], dataDir)

describe.skipIf(python === null)('on a terminal', () => {
  it('token create asks for stream and type, on stderr: $(…) catches the bare token', async () => {
    const { code, text, piped } = await onTerminal(
      ['token', 'create'],
      [
        ['Stream id', 'cam1\r'],
        ['What is the token for?', '\r'],
      ],
      {},
      true,
    )
    expect({ code, text }).toMatchObject({ code: 0, text: expect.stringContaining('Stream id') })
    expect(piped).toMatch(/^[A-Za-z0-9]{32}\n$/)
  })

  it('a stream id that cannot be is asked for again', async () => {
    const { code, text } = await onTerminal(
      ['token', 'create', '--type', 'play'],
      [
        ['Stream id', '../x\r'],
        ['is not a stream id', '\u0015cam1\r'],
      ],
    )
    expect({ code, text }).toMatchObject({ code: 0, text: expect.stringMatching(/[A-Za-z0-9]{32}/) })
  })

  it('Ctrl-C at a question exits 130 and does nothing', async () => {
    const { code, text } = await onTerminal(['token', 'create'], [['Stream id', '\u0003']])
    expect(code).toBe(130)
    expect(text).not.toContain('error')
    expect(await mustRunLine(['token', 'list'], dataDir)).toBe('')
  })

  it('user create asks for a password twice and shows nothing of it', async () => {
    const password = noteSecret('typed on a terminal')
    const { code, text } = await onTerminal(
      ['user', 'create', 'admin'],
      [
        ['Password:', 'short\r'],
        ['a password has 8', `\u0015${password}\r`],
        ['Once more:', `${password}\r`],
      ],
    )
    expect({ code, text }).toMatchObject({ code: 0, text: expect.stringContaining('created admin (admin)') })
    expect(text).not.toContain(password)
    expect(text).not.toContain('short')
  })

  it('user passwd changes nothing where the two differ', async () => {
    const before = noteSecret('the one before')
    await mustAmsctl(['user', 'create', 'admin'], { dataDir, input: `${before}\n` })
    const { code, text } = await onTerminal(
      ['user', 'passwd', 'admin'],
      [
        ['Password:', 'something new\r'],
        ['Once more:', 'something else\r'],
      ],
    )
    expect({ code, text }).toMatchObject({ code: 2, text: expect.stringContaining('the two passwords differ') })
  })

  it('serve shows where the first user can be made, on the terminal only', async () => {
    const ports = ['--host', '127.0.0.1', '--rtmp-port', '0', '--http-port', '0', '--webrtc-port', '0']
    const first = await onTerminal(['serve', ...ports], [['#setup=', '\u0003']])
    expect(first.text).toMatch(/make the first user of the panel at http:\/\/127\.0\.0\.1:\d+\/panel#setup=\w{43}/)
    await mustAmsctl(['user', 'create', 'admin'], { dataDir, input: noteSecret('a password\n') })
    const second = await onTerminal(['serve', ...ports], [['token control is off', '\u0003']])
    expect(second.text).not.toContain('setup')
  })

  it('serve ends with its terminal', async () => {
    const ports = ['--host', '127.0.0.1', '--rtmp-port', '0', '--http-port', '0', '--webrtc-port', '0']
    const ofHangup = 255
    expect((await onTerminal(['serve', ...ports], [['token control is off', null]])).code).toBe(ofHangup)
    expect(await mustRunLine(['audit', '--json', '--limit', '1'], dataDir)).toContain('"event":"stop"')
  })

  it('token revoke --all asks, and takes no for an answer', async () => {
    await create('cam1', '--type', 'play')
    const no = await onTerminal(['token', 'revoke', '--all'], [['Revoke every token', 'n\r']])
    expect(no).toMatchObject({ code: 2, text: expect.stringContaining('nothing was changed') })
    const yes = await onTerminal(['token', 'revoke', '--all'], [['Revoke every token', 'y\r']])
    expect(yes).toMatchObject({ code: 0, text: expect.stringContaining('revoked 1 token') })
  })

  it('lists are tables, with the time left', async () => {
    await create('cam1', '--type', 'play', '--note', 'front door')
    const { text } = await onTerminal(['token', 'list'])
    expect(text).toMatch(/│ id .*│ stream │ type .*│ note/)
    expect(text).toMatch(/│ cam1 .*│ in (1h|59m\d+s) .*│ 1 of 1 .*│ front door/)
  })

  it('an error is red, and plain under NO_COLOR, TERM=dumb and --no-color', async () => {
    const failing = ['token', 'show', 'tk_000000000000']
    expect((await onTerminal(failing)).raw).toContain('\u001b[31merror: no token')
    for (const [argv, env] of [
      [failing, { NO_COLOR: '1' }],
      [failing, { TERM: 'dumb' }],
      [[...failing, '--no-color'], {}],
    ] as const) {
      expect((await onTerminal([...argv], [], env)).raw).not.toContain('\u001b')
    }
  })

  it('an unknown command asks nothing', async () => {
    expect(await onTerminal(['tokn', 'list'])).toMatchObject({ code: 127 })
  })
})
