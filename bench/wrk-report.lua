-- The figures of a run as one line of JSON, the last that wrk prints.
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"durationUs":%d,"p50Us":%d,"p99Us":%d,"p999Us":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    errors.connect + errors.read + errors.write + errors.timeout))
end

-- With a file of tokens, the turn to begin with and what stands for a token in the headers, each request has another
-- token. Without them nothing is asked for per request, so it costs none.
init = function(args)
  local file, turn, place = args[1], tonumber(args[2]), args[3]
  if file == nil then return end
  local tokens = {}
  for token in io.lines(file) do tokens[#tokens + 1] = token end
  local text = wrk.format()
  local from, to = text:find(place, 1, true)
  local before, after = text:sub(1, from - 1), text:sub(to + 1)
  request = function()
    turn = turn % #tokens + 1
    return before .. tokens[turn] .. after
  end
end
