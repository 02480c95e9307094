-- Posts copies of one document, each with a nachrichtenUUID of its own; counts answers that are not 202.
local file = assert(io.open(os.getenv("LOAD_DOCUMENT"), "rb"))
local document = file:read("*a")
file:close()
local from, to = document:find("nachrichtenUUID>%x+%-%x+%-%x+%-%x+%-%x+<")
local before, after = document:sub(1, from + 15), document:sub(to)
local seed = tonumber(os.getenv("LOAD_SEED")) or 0
local number = 0
local threads = {}

function setup(thread)
  thread:set("me", #threads)
  table.insert(threads, thread)
end

function init(args)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/xml"
  wrk.headers["Authorization"] = "Bearer " .. (os.getenv("LOAD_TOKEN") or "none")
  refused = 0
end

function request()
  number = number + 1
  local uuid = string.format("%08x-%04x-4000-8000-%012x", seed, me, number)
  return wrk.format(nil, nil, nil, before .. uuid .. after)
end

function response(status)
  if status ~= 202 then refused = refused + 1 end
end

function done(summary, latency)
  local refused = 0
  for _, thread in ipairs(threads) do refused = refused + thread:get("refused") end
  io.write(string.format("RESULT %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), refused))
end
