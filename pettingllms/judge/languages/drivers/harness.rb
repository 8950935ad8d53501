# Around published tests: takes the secret before they run, and gives it back once all have passed.
secret = IO.new(3).read
passed = IO.new(4, "w")
load "./answer.rb"
if defined?(Test::Unit::AutoRunner)
  Test::Unit::AutoRunner.need_auto_run = false
  exit 1 if Test::Unit::TestCase::DESCENDANTS.empty?
  exit 1 unless Test::Unit::AutoRunner.run
elsif defined?(Minitest)
  exit 1 unless Minitest.run([])
end
passed.write(secret)
passed.flush
exit! 0
