/**
 * What must be judged and done in one step. KEYS are those of {@link slotOf}, all in one slot: the token's record `t`, its
 * reservations `r` (holders by deadline, in milliseconds) and its sessions `s` (by id). Where the caller gives no time,
 * the server's clock counts: clients on machines whose clocks differ must not disagree on who comes first.
 *
 * Fields of `t`: `d` what never changes, as JSON; `uses` and `expireDate`, empty for none; `used`, `revokedAt`; `keep`,
 * from when on the record is kept for the retention; `first`, the first use; `uN` the N-th use and `hN` who held it.
 */
const COMMON = `
local function seconds(given)
  if given ~= '' then return tonumber(given) end
  return tonumber(redis.call('TIME')[1])
end

local function millis(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- A record is there as long as it opens anything or a session of it is open, and for the retention after that.
local function limit(now, retention)
  local t = redis.call('HMGET', KEYS[1], 'keep', 'uses', 'used', 'revokedAt')
  local keep = tonumber(t[1])
  local ended = t[4] or (t[2] ~= '' and tonumber(t[3]) >= tonumber(t[2]))
  if redis.call('HLEN', KEYS[3]) > 0 or not (keep or ended) then
    redis.call('PERSIST', KEYS[1])
  else
    redis.call('EXPIREAT', KEYS[1], math.max(keep or 0, ended and now or 0) + retention)
  end
end

local function judge(now, time, holder)
  local t = redis.call('HMGET', KEYS[1], 'uses', 'used', 'expireDate', 'revokedAt')
  if not t[1] or redis.call('ZSCORE', KEYS[2], '!' .. holder) then return 'unknown' end
  if t[4] or (t[3] ~= '' and now >= tonumber(t[3])) then return 'ended' end
  if t[1] == '' then return 'ok' end
  local left = tonumber(t[1]) - tonumber(t[2])
  if left <= 0 then return 'ended' end
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', time)
  for _, other in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    if other ~= holder and string.sub(other, 1, 1) ~= '!' then left = left - 1 end
  end
  return left > 0 and 'ok' or 'held'
end

local function hold(member, deadline, ttl)
  redis.call('ZADD', KEYS[2], deadline, member)
  redis.call('PEXPIRE', KEYS[2], math.max(redis.call('PTTL', KEYS[2]), ttl + 60000))
end
`

/** ARGV: expireAt or empty, field, value, … Answers 1, or 0 where the token is stored already. */
const ADD = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
if ARGV[1] ~= '' then redis.call('EXPIREAT', KEYS[1], ARGV[1]) end
return 1
`

/** ARGV: now, time, holder, ttl. Answers the verdict, the time in seconds, and the record. */
const RESERVE = `
local now, time = seconds(ARGV[1]), millis(ARGV[2])
local verdict = judge(now, time, ARGV[3])
if verdict == 'ok' then hold(ARGV[3], time + ARGV[4], ARGV[4]) end
return {verdict, now, redis.call('HGETALL', KEYS[1])}
`

/** ARGV: now, time, holder, use, session id or empty, session, retention. Answers as RESERVE does. */
const SPEND = `
local now, time = seconds(ARGV[1]), millis(ARGV[2])
local verdict = judge(now, time, ARGV[3])
redis.call('ZREM', KEYS[2], ARGV[3])
if verdict == 'ok' then
  local used = redis.call('HINCRBY', KEYS[1], 'used', 1)
  redis.call('HSET', KEYS[1], 'u' .. used, ARGV[4], 'h' .. used, ARGV[3])
  redis.call('HSETNX', KEYS[1], 'first', ARGV[4])
  redis.call('HDEL', KEYS[1], 'u' .. (used - 10), 'h' .. (used - 10))
  if ARGV[5] ~= '' then redis.call('HSET', KEYS[3], ARGV[5], ARGV[6]) end
  limit(now, ARGV[7])
end
return {verdict, now, redis.call('HGETALL', KEYS[1])}
`

const RELEASE = `
return redis.call('ZREM', KEYS[2], ARGV[1])
`

/**
 * Takes back what a spend may have done whose answer did not come, and forbids it where it is still to arrive.
 * ARGV: now, time, holder, session id, retention.
 */
const UNDO = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('ZREM', KEYS[2], ARGV[3])
hold('!' .. ARGV[3], millis(ARGV[2]) + 60000, 60000)
local used = tonumber(redis.call('HGET', KEYS[1], 'used'))
for n = used, math.max(1, used - 9), -1 do
  if redis.call('HGET', KEYS[1], 'h' .. n) == ARGV[3] then
    for later = n, used - 1 do
      local next = redis.call('HMGET', KEYS[1], 'u' .. (later + 1), 'h' .. (later + 1))
      redis.call('HSET', KEYS[1], 'u' .. later, next[1], 'h' .. later, next[2])
    end
    redis.call('HDEL', KEYS[1], 'u' .. used, 'h' .. used)
    redis.call('HSET', KEYS[1], 'used', used - 1)
    if n == 1 then
      local first = redis.call('HGET', KEYS[1], 'u1')
      if first then redis.call('HSET', KEYS[1], 'first', first) else redis.call('HDEL', KEYS[1], 'first') end
    end
    redis.call('HDEL', KEYS[3], ARGV[4])
    limit(seconds(ARGV[1]), ARGV[5])
    return 1
  end
end
return 0
`

/**
 * KEYS[4]: the tombstone of all its sessions, of which a node that is cut off may have some that are stored no more.
 * ARGV: at, retention, channel, message, for how long the tombstone is kept, now. Answers whether it changed the token, the
 * record, and the sessions it ended.
 */
const REVOKE = `
if redis.call('EXISTS', KEYS[1]) == 0 then return {'unknown', {}, {}} end
local sessions = redis.call('HVALS', KEYS[3])
local changed = redis.call('HSETNX', KEYS[1], 'revokedAt', ARGV[1])
redis.call('DEL', KEYS[3])
if tonumber(redis.call('HGET', KEYS[1], 'used')) > 0 then redis.call('SET', KEYS[4], 'revoked', 'EX', ARGV[5]) end
limit(seconds(ARGV[6]), ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[4])
return {changed == 1 and 'changed' or 'same', redis.call('HGETALL', KEYS[1]), sessions}
`

/**
 * ARGV: nothing, or how often it was used and when revoked, or empty. Answers what never changes of the token that was
 * dropped; nothing where it is not there, in use, or not so any more.
 */
const DROP = `
if redis.call('HLEN', KEYS[3]) > 0 then return false end
local t = redis.call('HMGET', KEYS[1], 'd', 'used', 'revokedAt')
if ARGV[1] and (t[2] ~= ARGV[1] or (t[3] or '') ~= ARGV[2]) then return false end
redis.call('DEL', KEYS[1], KEYS[2])
return t[1]
`

/**
 * ARGV: id, node and session, channel, message that it was another node's, whether it is taken from that, whether its
 * client is here, message that it has ended. Who takes over what has ended meanwhile must hear of that, too; a store that
 * has lost the token as well has ended nothing. What a client has gone on with is no longer undone.
 */
const PUT_SESSION = `
local old = redis.call('HGET', KEYS[3], ARGV[1])
if not old then
  if ARGV[5] ~= '' and redis.call('EXISTS', KEYS[1]) == 1 then redis.call('PUBLISH', ARGV[3], ARGV[7]) end
  return 0
end
local node = '^[^\\n]*'
local isOurs = string.match(old, node) == string.match(ARGV[2], node)
if not isOurs and ARGV[5] == '' then return 0 end
redis.call('HSET', KEYS[3], ARGV[1], ARGV[2])
if ARGV[6] ~= '' then
  local used = tonumber(redis.call('HGET', KEYS[1], 'used')) or 0
  for n = used, math.max(1, used - 9), -1 do
    if redis.call('HGET', KEYS[1], 'h' .. n) == ARGV[1] then redis.call('HSET', KEYS[1], 'h' .. n, '') end
  end
end
if not isOurs then redis.call('PUBLISH', ARGV[3], ARGV[4]) end
return 1
`

/**
 * KEYS[4]: the session's tombstone. ARGV: id, now, retention, channel, message, node, for how long the tombstone is kept;
 * empty: there is none. A session that another node has is left to it by a node; empty: whoever has it.
 */
const REMOVE_SESSION = `
if ARGV[7] ~= '' then redis.call('SET', KEYS[4], 'kicked', 'EX', ARGV[7]) end
local old = redis.call('HGET', KEYS[3], ARGV[1])
if not old or (ARGV[6] ~= '' and string.match(old, '^[^\\n]*') ~= ARGV[6]) then return 0 end
redis.call('HDEL', KEYS[3], ARGV[1])
if redis.call('EXISTS', KEYS[1]) == 1 then limit(seconds(ARGV[2]), ARGV[3]) end
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1
`

/**
 * KEYS: the configuration. ARGV: revision of the users that the change builds on, or empty where it leaves them alone;
 * channel, message; how many fields go, their names; field, value, …. Answers whether it was done.
 */
const CONFIGURE = `
if ARGV[1] ~= '' then
  if (redis.call('HGET', KEYS[1], 'users') or '0') ~= ARGV[1] then return 0 end
  redis.call('HINCRBY', KEYS[1], 'users', 1)
end
local gone = tonumber(ARGV[4])
for n = 5, 4 + gone do redis.call('HDEL', KEYS[1], ARGV[n]) end
for n = 5 + gone, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[n], ARGV[n + 1]) end
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
`

/** KEYS: the nodes. ARGV: name, seconds of silence. Puts the node down as up; answers who is up, who left, and who is silent. */
const BEAT = `
local now = seconds('')
if ARGV[1] ~= '' then redis.call('ZADD', KEYS[1], now, ARGV[1]) end
return {
  redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. (now - ARGV[2]), '+inf'),
  redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', 0),
  redis.call('ZRANGEBYSCORE', KEYS[1], '(0', now - ARGV[2]),
}
`

const BODIES = {
  amsctlAdd: ADD,
  amsctlReserve: RESERVE,
  amsctlSpend: SPEND,
  amsctlRelease: RELEASE,
  amsctlUndo: UNDO,
  amsctlRevoke: REVOKE,
  amsctlDrop: DROP,
  amsctlPutSession: PUT_SESSION,
  amsctlRemoveSession: REMOVE_SESSION,
  amsctlConfigure: CONFIGURE,
  amsctlBeat: BEAT,
} as const

export type ScriptName = keyof typeof BODIES

export const SCRIPTS: ReadonlyMap<ScriptName, string> = new Map(
  Object.entries(BODIES).map(([name, body]) => [name as ScriptName, COMMON + body]),
)
