// A count is a hash: `f` failures, `l` last at, `s` stopped until (0 for not, -1 for ever), `g` forgotten at (-1 for
// never), `a` about. KEYS[1] is the index of all counts by when they are forgotten.

/** Counts on each side unless one is stopped. ARGV: now, failures a person, then of each side its rule and what it is. */
export const RESERVE = `
local now, share = tonumber(ARGV[1]), tonumber(ARGV[2])
local worst, worstUntil = nil, 0
for i = 2, #KEYS do
  local s = tonumber(redis.call('hget', KEYS[i], 's') or '0')
  if s == -1 then return {'stopped', i - 1, -1} end
  if s > now and s > worstUntil then worst, worstUntil = i - 1, s end
end
if worst then return {'stopped', worst, worstUntil - now} end
local answer, first = {'go'}, 0
for i = 2, #KEYS do
  local at = 3 + (i - 2) * 6
  local side, limit = ARGV[at], tonumber(ARGV[at + 1])
  local stop, longest, forget = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  local f, g = unpack(redis.call('hmget', KEYS[i], 'f', 'g'))
  local was, forgetAt = tonumber(f or '0'), tonumber(g or '0')
  local isFresh = forgetAt ~= -1 and forgetAt <= now
  if isFresh then was = 0 end
  local more = 1
  if side == 'network' and first % share ~= 1 then more = 0 end
  local count, stoppedUntil = was + more, 0
  if more == 1 and count >= limit then
    if stop == -1 then stoppedUntil = -1
    else stoppedUntil = now + math.min(longest, stop * 2 ^ math.min(30, count - limit)) end
  end
  if forget == -1 then forgetAt = -1
  elseif side == 'network' then
    if isFresh then forgetAt = now + forget end
    if stoppedUntil > 0 then forgetAt = math.max(forgetAt, stoppedUntil + forget) end
  else forgetAt = math.max(now, stoppedUntil) + forget end
  redis.call('hset', KEYS[i], 'f', count, 'l', now, 's', string.format('%d', stoppedUntil), 'g', string.format('%d', forgetAt),
    'a', ARGV[at + 5])
  if forgetAt == -1 then redis.call('persist', KEYS[i]) else redis.call('pexpireat', KEYS[i], string.format('%d', forgetAt)) end
  redis.call('zadd', KEYS[1], forgetAt == -1 and '+inf' or string.format('%d', forgetAt), KEYS[i])
  if i == 2 then first = count end
  answer[#answer + 1] = count
end
redis.call('zremrangebyscore', KEYS[1], '-inf', ARGV[1])
return answer
`

/**
 * Gives one attempt back. ARGV: `succeeded` or `not_checked`, failures a person, `device` or
 * `elsewhere`, then of each side when it stops.
 */
export const LESS = `
local how, share, onDevice = ARGV[1], tonumber(ARGV[2]), ARGV[3] == 'device'
local function less(key, by, limit)
  local f = redis.call('hget', key, 'f')
  if not f then return end
  local left = math.max(0, tonumber(f) - by)
  redis.call('hset', key, 'f', left)
  if left < limit then redis.call('hset', key, 's', 0) end
end
local function forget(key)
  redis.call('del', key)
  redis.call('zrem', KEYS[1], key)
end
local f = redis.call('hget', KEYS[2], 'f')
local first = tonumber(f or '0')
if how == 'succeeded' then
  forget(KEYS[2])
  if onDevice then forget(KEYS[3])
  elseif f then less(KEYS[3], math.floor((first + share - 1) / share), tonumber(ARGV[5])) end
  if KEYS[4] then forget(KEYS[4]) end
else
  less(KEYS[2], 1, tonumber(ARGV[4]))
  if f and KEYS[3] and first % share == 1 then less(KEYS[3], 1, tonumber(ARGV[5])) end
  if KEYS[4] then less(KEYS[4], 1, tonumber(ARGV[6])) end
end
return {}
`

/** All counts that last longest; what an operator cleared elsewhere leaves the index. ARGV: now, how many. */
export const LIST = `
local rows = {}
for _, key in ipairs(redis.call('zrevrange', KEYS[1], 0, tonumber(ARGV[2]) - 1)) do
  local f, l, s, a = unpack(redis.call('hmget', key, 'f', 'l', 's', 'a'))
  if not f then redis.call('zrem', KEYS[1], key)
  elseif tonumber(f) > 0 then
    if tonumber(s) > 0 and tonumber(s) <= tonumber(ARGV[1]) then s = '0' end
    rows[#rows + 1] = {key, f, l, s, a}
  end
end
return rows
`

export const CLEAR = `
for i = 2, #KEYS do
  redis.call('del', KEYS[i])
  redis.call('zrem', KEYS[1], KEYS[i])
end
return {}
`
