-- Asks Postern for every request of a virtual host with
--     SetEnvIfExpr "true" POSTERN_APP=wiki
--     SetEnvIfExpr "true" POSTERN_GATEWAY=unix:/run/postern/verify.sock      or 127.0.0.1:9081
--     SetEnvIfExpr "true" POSTERN_HEADERS=Remote-User,Remote-Email
--     LuaHookAccessChecker /etc/apache2/postern.lua check
-- app: its name in the policy; headers: what the app is told of its visitor.
-- What may not pass is answered with what the gateway says, or with 503. Needs mod_lua and luasocket.

local socket = require 'socket'

local TIMEOUT_S = 3
local MAX_LINE = 16384
local MAX_BODY = 65536
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
  ['connection'] = true, ['content-length'] = true, ['content-type'] = true, ['date'] = true, ['keep-alive'] = true,
  ['transfer-encoding'] = true,
}

local function is_websocket(r)
  return (r.headers_in['Upgrade'] or ''):lower() == 'websocket'
end

-- The target as the app will get it: without scheme and host where the client wrote them. Nil for what isn't a path,
-- and for several slashes in front, which httpd folds in ways of its own before it asks the app.
local function target_of(r)
  local target = r.unparsed_uri:gsub('^%a[%w+.-]*://[^/?#]*', '')
  if target:sub(1, 1) == '?' then target = '/' .. target end
  return target:find('^/') and not target:find('^//') and target or nil
end

local function question(r)
  local lines = { 'GET /verify/forward/app/' .. r.subprocess_env['POSTERN_APP'] .. ' HTTP/1.1', 'Host: postern', 'Connection: close' }
  local function say(name, value)
    -- What breaks a line would make one of its own.
    if value:find('[\0-\8\10-\31\127]') then error('a control character in ' .. name) end
    lines[#lines + 1] = name .. ': ' .. value
  end
  for name, value in pairs(r:headers_in_table()) do
    if not NOT_ASKED[name:lower()] and not (name:lower() == 'x-requested-with' and is_websocket(r)) then say(name, value) end
  end
  -- An upgrade is no visit of a page, so it must not be sent to the sign-in page.
  if is_websocket(r) then say('X-Requested-With', 'upgrade') end
  say('X-Forwarded-Method', r.method)
  say('X-Forwarded-Proto', r.is_https and 'https' or 'http')
  say('X-Forwarded-Host', r.hostname or '')
  say('X-Forwarded-Uri', target_of(r))
  say('X-Forwarded-For', r.useragent_ip)
  if SECRET ~= nil and SECRET ~= '' then say('X-Postern-Secret', SECRET) end
  return table.concat(lines, '\r\n') .. '\r\n\r\n'
end

local function connect(gateway)
  local path = gateway:match('^unix:(.+)$')
  local host, port = gateway:match('^%[?([^%]]+)%]?:(%d+)$')
  local connection = path and require('socket.unix')() or socket.tcp()
  connection:settimeout(TIMEOUT_S)
  connection:settimeout(TIMEOUT_S, 't')
  local connected, why
  if path then connected, why = connection:connect(path) else connected, why = connection:connect(host, tonumber(port)) end
  if not connected then error('the gateway can not be reached: ' .. tostring(why)) end
  return connection
end

local function line_from(connection)
  local line, why = connection:receive('*l')
  if not line then error('the gateway broke off: ' .. tostring(why)) end
  if #line > MAX_LINE then error('the gateway answers too much') end
  return line
end

local function answer_from(connection)
  local status = tonumber(line_from(connection):match('^HTTP/1%.1 (%d%d%d) '))
  local answer = { status = status or error('the gateway answers no HTTP'), headers = {}, told = {}, body = '' }
  for line in function() return line_from(connection) end do
    if line == '' then break end
    local name, value = line:match('^([^:]+):[ \t]*(.-)[ \t]*$')
    answer.headers[name:lower()] = value
    answer.told[#answer.told + 1] = { name, value }
  end
  local length = tonumber(answer.headers['content-length']) or error('the gateway names no length')
  if length > MAX_BODY then error('the gateway answers too much') end
  if length > 0 then answer.body = connection:receive(length) or error('the gateway broke off') end
  return answer
end

local function ask(r)
  local text = question(r)
  local connection = connect(r.subprocess_env['POSTERN_GATEWAY'])
  local read, answer = pcall(function()
    local sent, why = connection:send(text)
    if not sent then error('the gateway broke off: ' .. tostring(why)) end
    return answer_from(connection)
  end)
  connection:close()
  return read and answer or error(answer)
end

-- Our cookies are keys to the visitor's session; the app gets the others.
local function is_ours(pair)
  local name = pair:match('^[ \t]*([^=]*)')
  if name:find('^__Host%-postern') or name:find('^__Secure%-postern') then return true end
  return pair:find('=', 1, true) ~= nil and (name:find('^postern[ \t]*$') or name:find('^postern_[a-z]+[ \t]*$')) ~= nil
end

local function keep_their_cookies(r)
  local kept = {}
  -- httpd joins several Cookie headers by commas.
  for pair in (r.headers_in['Cookie'] or ''):gmatch('[^;]+') do
    local hides_ours = pair:find(',', 1, true) and pair:find('postern', 1, true)
    if not is_ours(pair) and not hides_ours then kept[#kept + 1] = pair:match('^[ \t]*(.-)[ \t]*$') end
  end
  r.headers_in['Cookie'] = #kept > 0 and table.concat(kept, '; ') or nil
end

local function let_in(r, answer)
  for name in r.subprocess_env['POSTERN_HEADERS']:gmatch('[^,]+') do
    local value = answer.headers[name:lower()]
    if value == '' then value = nil end
    r.headers_in[name] = value
  end
  -- httpd takes out whatever Connection names before it asks the app, even what the gateway has told.
  local closes = (r.headers_in['Connection'] or ''):lower():find('close', 1, true)
  r.headers_in['Connection'] = is_websocket(r) and 'Upgrade' or closes and 'close' or nil
  keep_their_cookies(r)
  return apache2.OK
end

local function deny(r, answer)
  r.status = answer.status
  for _, header in ipairs(answer.told) do
    if not NOT_TOLD[header[1]:lower()] then r.err_headers_out[header[1]] = header[2] end
  end
  if answer.body == '' then return answer.status end
  r.content_type = answer.headers['content-type'] or 'text/plain'
  r:write(answer.body)
  return apache2.DONE
end

local function is_portal(r)
  -- Both, as httpd chooses the upstream by the path that it has folded: what only looks like ours must be asked for.
  return r.uri:find('^/%.postern/') ~= nil and target_of(r):find('^/%.postern/') ~= nil
end

function check(r)
  if target_of(r) == nil then return 400 end
  if is_portal(r) then return apache2.OK end
  local asked, answer = pcall(ask, r)
  if not asked then
    r:err('postern: ' .. tostring(answer))
    return 503
  end
  if answer.status == 200 then return let_in(r, answer) end
  if answer.status < 300 or answer.status > 599 then return 503 end
  return deny(r, answer)
end
