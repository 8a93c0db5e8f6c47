import { beforeEach, describe, expect, it } from 'vitest'
import TokenCreate from '../../src/commands/token/create.ts'
import TokenList from '../../src/commands/token/list.ts'
import TokenPrune from '../../src/commands/token/prune.ts'
import TokenRedeem from '../../src/commands/token/redeem.ts'
import TokenRevoke from '../../src/commands/token/revoke.ts'
import TokenShow from '../../src/commands/token/show.ts'
import TokenVerify from '../../src/commands/token/verify.ts'
import { temporaryDirectory } from '../support/amsctl.ts'
import { runCommand } from '../support/run-command.ts'

const SECRET = /^[A-Za-z0-9]{32}$/
const CAM1 = ['--stream', 'cam1', '--type', 'play']
const now = () => Math.floor(Date.now() / 1000)

let at: string[]

beforeEach(async () => {
  at = ['--data-dir', await temporaryDirectory()]
})

const create = (...argv: string[]) => runCommand(TokenCreate, [...argv, ...at])
const list = (...argv: string[]) => runCommand(TokenList, [...argv, ...at])
const mint = async (...argv: string[]) => (await create(...CAM1, ...argv)).stdout.trim()
const mintJson = async (...argv: string[]) => JSON.parse((await create(...CAM1, '--json', ...argv)).stdout)

describe('token create', () => {
  it('prints the bare token and nothing else', async () => {
    const { stdout, stderr, exit } = await create('cam1', '--type', 'play')
    expect(stdout.slice(0, -1)).toMatch(SECRET)
    expect({ stderr, exit }).toEqual({ stderr: '', exit: 0 })
  })

  it('takes the stream as operand or flag, not as both', async () => {
    expect(await create('cam1', '--stream', 'cam1', '--type', 'play')).toMatchObject({ stdout: '', exit: 2 })
  })

  it('prints one token a line with --count', async () => {
    const { stdout } = await create(...CAM1, '--count', '3')
    const tokens = stdout.trimEnd().split('\n')
    expect(new Set(tokens).size).toBe(3)
    for (const token of tokens) expect(token).toMatch(SECRET)
  })

  it('answers --json with one object of the documented shape and the ways in', async () => {
    const token = await mintJson('--note', 'door', '--uses', '3', '--ip', '10.1.2.3/8', '--max-session', '2h')
    expect(token).toEqual({
      id: expect.stringMatching(/^tk_[0-9a-z]{12}$/),
      tokenId: expect.stringMatching(SECRET),
      app: 'LiveApp',
      streamId: 'cam1',
      type: 'play',
      state: 'active',
      expireDate: expect.any(Number),
      notBefore: null,
      uses: 3,
      usesLeft: 3,
      ip: '10.0.0.0/8',
      maxSession: 7200,
      note: 'door',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      revokedAt: null,
      firstUse: null,
      lastUse: null,
      lastUsed: null,
      roomId: null,
      link: `http://localhost:5080/w/LiveApp/cam1#${token.tokenId}`,
      urls: {
        link: `http://localhost:5080/w/LiveApp/cam1#${token.tokenId}`,
        rtmp: `rtmp://localhost:1935/LiveApp/cam1?token=${token.tokenId}`,
        hls: `http://localhost:5080/LiveApp/streams/cam1.m3u8?token=${token.tokenId}`,
        'http-flv': `http://localhost:5080/LiveApp/streams/cam1.flv?token=${token.tokenId}`,
        'ws-flv': `ws://localhost:5080/LiveApp/streams/cam1.flv?token=${token.tokenId}`,
        ffplay: expect.stringContaining(token.tokenId),
      },
    })
  })

  it('answers --json --count with an array, of one too', async () => {
    expect(await mintJson('--count', '1')).toHaveLength(1)
    expect(await mintJson('--count', '2')).toHaveLength(2)
  })

  it('prints with --urls a line "kind TAB url" for each way in, and on stderr that the host is assumed', async () => {
    const { stdout, stderr } = await create(...CAM1, '--urls')
    const kinds = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t')[0])
    expect(kinds).toEqual(['link', 'rtmp', 'hls', 'http-flv', 'ws-flv', 'ffplay'])
    expect(stderr).toMatch(/^no daemon is running .*\n$/)
  })

  it.each([
    ['1h', () => now() + 3600],
    ['2w', () => now() + 1_209_600],
    ['2099-01-01T00:00:00Z', () => 4_070_908_800],
    ['4070908800', () => 4_070_908_800],
    ['never', () => null],
  ])('reads --expire %s', async (text, expected) => {
    const earliest = expected()
    const { expireDate } = await mintJson('--expire', text)
    const latest = expected()
    if (earliest === null || latest === null) return expect(expireDate).toBeNull()
    expect(expireDate).toBeGreaterThanOrEqual(earliest)
    expect(expireDate).toBeLessThanOrEqual(latest)
  })

  it.each([
    ['--expire', '4070908800000', /13 digits.*milliseconds/],
    ['--expire', '1700000000', /in the past/],
    ['--expire', 'tomorrow', /not a time/],
    ['--not-before', '2001-01-01T00:00:00Z', /in the past/],
    ['--uses', '0', /neither a number of uses/],
    ['--uses', 'many', /neither a number of uses/],
    ['--ip', '300.0.0.1', /not an address or CIDR/],
    ['--max-session', '2 hours', /not a duration/],
    ['--app', 'rest', /not an app name/],
    ['--stream', '../cam', /not a stream id/],
    ['--type', 'watch', /publish, play/],
    ['--count', '0', /greater than or equal to 1/],
  ])('refuses %s %s with the reason', async (flag, value, reason) => {
    const base = ['--stream', 'cam1', '--type', 'play']
    const rest = base.includes(flag) ? base.toSpliced(base.indexOf(flag), 2) : base
    const { stdout, stderr, exit } = await create(...rest, flag, value)
    expect({ stdout, exit }).toEqual({ stdout: '', exit: 2 })
    expect(stderr).toMatch(reason)
    expect(stderr).toContain(flag)
  })

  it.each([
    ['--stream', ['--type', 'play']],
    ['--type', ['--stream', 'cam1']],
  ])('names a missing %s where no terminal can be asked', async (flag, argv) => {
    const { stderr, exit } = await create(...argv)
    expect(exit).toBe(2)
    expect(stderr).toContain(`missing ${flag}`)
  })

  it('says that a glob has to be replaced in the URLs', async () => {
    const { stderr } = await create('cam-*', '--type', 'play', '--urls')
    expect(stderr).toContain('put the name of one stream where the URLs say cam-*')
  })
})

describe('token list', () => {
  it('is tab-separated lines without secrets in a pipe', async () => {
    const secret = await mint('--note', 'a\tb\u001b[31m', '--expire', 'never', '--uses', 'unlimited')
    const { stdout } = await list()
    expect(stdout).toMatch(/^tk_\w{12}\tLiveApp\tcam1\tplay\tactive\tnever\tunlimited\ta\\tb\\u001b\[31m\n$/)
    expect(stdout).not.toContain(secret)
  })

  it('prints nothing for nothing, and [] as JSON', async () => {
    expect(await list()).toEqual({ stdout: '', stderr: '', exit: 0 })
    expect((await list('--json')).stdout).toBe('[]\n')
    expect((await list('--quiet')).stdout).toBe('')
  })

  it('filters, sorts and limits', async () => {
    await create('b', '--type', 'play', '--expire', '30m')
    await create('a', '--type', 'publish', '--expire', '3h')
    await create('c', '--type', 'play', '--expire', '2h', '--app', 'Other')
    const streams = async (...argv: string[]) =>
      JSON.parse((await list('--json', ...argv)).stdout).map(({ streamId }: { streamId: string }) => streamId)
    expect(await streams('--sort', 'stream')).toEqual(['a', 'b', 'c'])
    expect(await streams('--sort', 'expires')).toEqual(['b', 'c', 'a'])
    expect(await streams('--sort', 'expires', '--limit', '1')).toEqual(['b'])
    expect(await streams('--expires-within', '1h')).toEqual(['b'])
    expect(await streams('--app', 'Other')).toEqual(['c'])
    expect(await streams('--type', 'publish')).toEqual(['a'])
    expect(await streams('--stream', 'c')).toEqual(['c'])
    expect(await streams('--state', 'used')).toEqual([])
  })

  it('refuses an unknown state, naming the legal ones', async () => {
    const { stderr, exit } = await list('--state', 'fresh')
    expect(exit).toBe(2)
    expect(stderr).toContain('active, pending, used, expired, revoked, all')
  })
})

describe('token show', () => {
  it('tells everything but the secret, by id and by the token itself', async () => {
    const { id, tokenId } = await mintJson()
    const { stdout } = await runCommand(TokenShow, [tokenId, ...at])
    expect(stdout).toContain(`id\t${id}\n`)
    expect(stdout).not.toContain(tokenId)
    expect((await runCommand(TokenShow, [id, ...at])).stdout).toBe(stdout)
    expect(JSON.parse((await runCommand(TokenShow, [id, '--json', ...at])).stdout)).toMatchObject({ id, tokenId: null })
  })

  it('exits 3 for an unknown one and repeats no secret', async () => {
    const stranger = 'Zz9'.repeat(11).slice(0, 32)
    const { stderr, exit } = await runCommand(TokenShow, [stranger, ...at])
    expect({ stderr, exit }).toEqual({ stderr: 'error: no token "Zz9Z…"; see amsctl token list\n', exit: 3 })
  })

  it('repeats no secret in a usage error either', async () => {
    const stranger = 'Zz9'.repeat(11).slice(0, 32)
    const { stderr, exit } = await runCommand(TokenShow, ['tk_000000000000', stranger, ...at])
    expect(exit).toBe(2)
    expect(stderr).toContain('Zz9Z…')
    expect(stderr).not.toContain(stranger)
  })
})

describe('token verify', () => {
  it('says yes with exit 0, as often as it is asked', async () => {
    const token = await mint()
    for (let round = 0; round < 2; round++) {
      expect(await runCommand(TokenVerify, [token, ...CAM1, ...at])).toEqual({ stdout: 'valid\n', stderr: '', exit: 0 })
    }
  })

  it('says no with exit 4 and the reason on stdout', async () => {
    const token = await mint()
    const other = ['--stream', 'cam2', '--type', 'play']
    expect(await runCommand(TokenVerify, [token, ...other, ...at])).toEqual({
      stdout: 'this token is for another stream (TOKEN_OTHER_STREAM)\n',
      stderr: '',
      exit: 4,
    })
  })

  it('answers --json with the same shape for yes and no', async () => {
    const { id, tokenId } = await mintJson()
    const yes = await runCommand(TokenVerify, [tokenId, ...CAM1, '--json', ...at])
    expect(yes.exit).toBe(0)
    expect(JSON.parse(yes.stdout)).toMatchObject({ valid: true, code: 'OK', message: 'valid', id })
    const no = await runCommand(TokenVerify, ['stranger', ...CAM1, '--json', ...at])
    expect(no.exit).toBe(4)
    expect(JSON.parse(no.stdout)).toMatchObject({ valid: false, code: 'TOKEN_UNKNOWN', id: null })
  })

  it('judges a token bound to an address on the rest where no --ip is given, and says so', async () => {
    const token = await mint('--ip', '10.0.0.0/8')
    const without = await runCommand(TokenVerify, [token, ...CAM1, ...at])
    expect(without).toMatchObject({ exit: 0, stdout: expect.stringContaining('10.0.0.0/8, not judged') })
    expect((await runCommand(TokenVerify, [token, ...CAM1, '--ip', '10.9.9.9', ...at])).exit).toBe(0)
    expect((await runCommand(TokenVerify, [token, ...CAM1, '--ip', '192.0.2.1', ...at])).exit).toBe(4)
  })

  it('needs --stream and --type', async () => {
    const { stderr, exit } = await runCommand(TokenVerify, ['x', ...at])
    expect(exit).toBe(2)
    expect(stderr).toMatch(/stream[\s\S]*type/)
  })
})

describe('token redeem', () => {
  it('spends: the second time is refused with exit 4', async () => {
    const token = await mint()
    expect(await runCommand(TokenRedeem, [token, ...CAM1, ...at])).toMatchObject({ stdout: 'valid\n', exit: 0 })
    const again = await runCommand(TokenRedeem, [token, ...CAM1, ...at])
    expect(again).toMatchObject({ exit: 4, stdout: expect.stringMatching(/^token already used .*\(TOKEN_USED\)\n$/) })
  })

  it('spends nothing when it refuses', async () => {
    const token = await mint()
    await runCommand(TokenRedeem, [token, '--stream', 'cam2', '--type', 'play', ...at])
    expect((await runCommand(TokenRedeem, [token, ...CAM1, ...at])).exit).toBe(0)
  })
})

describe('token revoke', () => {
  const revoke = (...argv: string[]) => runCommand(TokenRevoke, [...argv, ...at])

  it('takes ids and tokens, asks nothing, and says how many', async () => {
    const { id } = await mintJson()
    const token = await mint()
    expect(await revoke(id, token)).toEqual({ stdout: 'revoked 2 tokens, ended 0 sessions\n', stderr: '', exit: 0 })
    expect((await runCommand(TokenVerify, [token, ...CAM1, ...at])).stdout).toContain('TOKEN_REVOKED')
  })

  it('exits 3 for an unknown one, after revoking the others', async () => {
    const token = await mint()
    expect(await revoke('tk_000000000000', token)).toEqual({
      stdout: 'revoked 1 token, ended 0 sessions\n',
      stderr: 'error: no token "tk_000000000000"; see amsctl token list\n',
      exit: 3,
    })
  })

  it('forgives unknown ones with --ignore-missing', async () => {
    expect(await revoke('tk_000000000000', '--ignore-missing')).toMatchObject({ stderr: '', exit: 0 })
  })

  it('reports under --json what it did even where some were unknown', async () => {
    const { id } = await mintJson()
    const { stdout, exit } = await revoke(id, 'tk_000000000000', '--json')
    expect(exit).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({
      revoked: [id],
      missing: ['tk_000000000000'],
      error: { code: 'TOKEN_NOT_FOUND', exit: 3 },
    })
  })

  it('needs --yes for --stream and --all where no terminal can be asked', async () => {
    await mint()
    await create('cam2', '--type', 'play')
    for (const wide of [['--stream', 'cam1'], ['--all']]) {
      expect(await revoke(...wide)).toMatchObject({ exit: 2, stderr: expect.stringContaining('--yes') })
    }
    expect((await revoke('--stream', 'cam1', '--yes')).stdout).toBe('revoked 1 token, ended 0 sessions\n')
    expect((await revoke('--all', '--yes')).stdout).toBe('revoked 1 token, ended 0 sessions\n')
  })

  it('leaves globs alone when revoking one stream, and says so', async () => {
    const glob = JSON.parse((await create('cam*', '--type', 'play', '--json')).stdout)
    const { stdout, stderr } = await revoke('--stream', 'cam1', '--yes')
    expect(stdout).toBe('revoked 0 tokens, ended 0 sessions\n')
    expect(stderr).toBe(`left alone, though they open cam1 too: ${glob.id}\n`)
  })

  it.each([[[]], [['x', '--all']], [['--stream', 'cam1', '--all']]])(
    'wants exactly one way to choose: %j',
    async (argv) => {
      expect(await revoke(...argv)).toMatchObject({ exit: 2, stdout: '' })
    },
  )
})

describe('token prune', () => {
  it('forgets what has ended, and only that', async () => {
    const used = await mint()
    await mint()
    await runCommand(TokenRedeem, [used, ...CAM1, ...at])
    expect((await runCommand(TokenPrune, ['--older', '1h', ...at])).stdout).toBe('forgot 0 tokens\n')
    expect((await runCommand(TokenPrune, at)).stdout).toBe('forgot 1 token\n')
    expect((await runCommand(TokenVerify, [used, ...CAM1, ...at])).stdout).toContain('TOKEN_UNKNOWN')
  })
})
