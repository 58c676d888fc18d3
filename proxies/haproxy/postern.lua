-- Asks Postern for every request that reaches a backend with
--     http-request lua.postern <app> <gateway> <headers>
-- app: its name in the policy; gateway: 127.0.0.1:9081 or unix@/run/postern/verify.sock;
-- headers: what the app is told of its visitor, with commas between.
-- Sets txn.postern to let_in for what may pass. All else is answered here: with what the gateway says, or with 503.
-- HAProxy 2.6 or later. Needs no other file.

-- The gateway answers within 500 ms, and HAProxy asks up to four times before it gives up.
local TIMEOUT_MS = 800
local SECRET = os.getenv('POSTERN_PROXY_SECRET')

-- Of the connection, of the body, or not the client's to say. Everything else the gateway sees, so that it can refuse
-- other spellings of the headers that tell who somebody is.
local NOT_ASKED = {
  ['accept-encoding'] = true, ['connection'] = true, ['content-encoding'] = true, ['content-length'] = true,
  ['content-type'] = true, ['expect'] = true, ['host'] = true, ['keep-alive'] = true, ['proxy-connection'] = true,
  ['te'] = true, ['traceparent'] = true, ['tracestate'] = true, ['trailer'] = true, ['transfer-encoding'] = true,
  ['upgrade'] = true,
  ['x-forwarded-for'] = true, ['x-forwarded-host'] = true, ['x-forwarded-method'] = true, ['x-forwarded-port'] = true,
  ['x-forwarded-proto'] = true, ['x-forwarded-uri'] = true, ['x-postern-secret'] = true,
}
local NOT_TOLD = {
  ['connection'] = true, ['content-length'] = true, ['date'] = true, ['keep-alive'] = true,
  ['transfer-encoding'] = true,
}

-- HAProxy counts the lines of one header from 0.
local function lines_of(values)
  local lines, place = {}, 0
  while values[place] ~= nil do
    lines[#lines + 1] = values[place]
    place = place + 1
  end
  return lines
end

local function question(txn)
  local headers = {}
  for name, values in pairs(txn.http:req_get_headers()) do
    if not NOT_ASKED[name:lower()] then headers[name:lower()] = lines_of(values) end
  end
  -- An upgrade is no visit of a page, so it must not be sent to the sign-in page.
  if txn.sf:req_fhdr('Upgrade') ~= '' then headers['x-requested-with'] = { 'upgrade' } end
  headers['host'] = { 'postern' }
  headers['x-forwarded-method'] = { txn.sf:method() }
  headers['x-forwarded-proto'] = { txn.f:ssl_fc() == 1 and 'https' or 'http' }
  headers['x-forwarded-host'] = { txn.sf:req_fhdr('Host') }
  headers['x-forwarded-uri'] = { txn.sf:pathq() }
  headers['x-forwarded-for'] = { txn.sf:src() }
  if SECRET ~= nil and SECRET ~= '' then headers['x-postern-secret'] = { SECRET } end
  return headers
end

local function ask(txn, app, gateway)
  return core.httpclient():get({
    url = 'http://postern/verify/forward/app/' .. app,
    dst = gateway,
    headers = question(txn),
    timeout = TIMEOUT_MS,
  })
end

-- Our cookies are keys to the visitor's session; the app gets the others.
local function is_ours(pair)
  local name = pair:match('^[ \t]*([^=]*)')
  if name:find('^__Host%-postern') or name:find('^__Secure%-postern') then return true end
  return pair:find('=', 1, true) ~= nil and (name:find('^postern[ \t]*$') or name:find('^postern_[a-z]+[ \t]*$')) ~= nil
end

local function keep_their_cookies(txn)
  local kept = {}
  for _, line in ipairs(lines_of(txn.http:req_get_headers()['cookie'] or {})) do
    for pair in line:gmatch('[^;]+') do
      if not is_ours(pair) then kept[#kept + 1] = pair:match('^[ \t]*(.-)[ \t]*$') end
    end
  end
  txn.http:req_del_header('cookie')
  if #kept > 0 then txn.http:req_set_header('cookie', table.concat(kept, '; ')) end
end

local function first(headers, name)
  local values = headers[name:lower()]
  return values ~= nil and values[0] or ''
end

-- True when the app will hear all of it: HAProxy drops in silence what finds no room in its buffer.
local function tell(txn, answer, headers)
  for name in headers:gmatch('[^,]+') do
    local value = first(answer.headers, name)
    txn.http:req_del_header(name)
    if value ~= '' then txn.http:req_set_header(name, value) end
  end
  local told = txn.http:req_get_headers()
  for name in headers:gmatch('[^,]+') do
    if first(told, name) ~= first(answer.headers, name) then return false end
  end
  return true
end

local function let_in(txn, answer, headers)
  keep_their_cookies(txn)
  if tell(txn, answer, headers) then txn:set_var('txn.postern', 'let_in') end
end

local function deny(txn, answer)
  local reply = txn:reply({ status = answer.status, reason = '' })
  for name, values in pairs(answer.headers) do
    for _, value in ipairs(NOT_TOLD[name] and {} or lines_of(values)) do reply:add_header(name, value) end
  end
  if txn.sf:method() ~= 'HEAD' then reply:set_body(answer.body) end
  txn:done(reply)
end

local function closed(txn, why)
  core.Alert('postern: ' .. tostring(why))
  txn:done(txn:reply({ status = 503, headers = { ['cache-control'] = { 'no-store' } } }))
end

core.register_action('postern', { 'http-req' }, function(txn, app, gateway, headers)
  txn:set_var('txn.postern', 'asked')
  local asked, answer = pcall(ask, txn, app, gateway)
  if not asked then return closed(txn, answer) end
  local status = answer ~= nil and answer.status or 0
  if status == 200 then
    let_in(txn, answer, headers)
  elseif status >= 300 and status <= 599 then
    deny(txn, answer)
  else
    closed(txn, 'the gateway at ' .. gateway .. ' did not answer')
  end
end, 3)
