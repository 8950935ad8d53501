# Around published tests: takes the secret before they run, and gives it back once all have passed.
secret = IO.new(3).read
passed = IO.new(4, "w")
if File.read("./answer.rb").include?("test/unit")
  require "test/unit"
  require "test/unit/testresult"
end

# What tests ask with, no answer takes away.
tools = [Integer, Float, String, Symbol, Array, Hash, NilClass, TrueClass, FalseClass, Object, Kernel]
asked = -> do
  equal = tools.product(%i[== != ! === eql? equal? raise]).filter_map do |owner, name|
    owner.instance_method(name) if owner.method_defined?(name) || owner.private_method_defined?(name)
  end
  unit = if defined?(Test::Unit::TestCase)
    [Test::Unit::Assertions, Test::Unit::TestCase, Test::Unit::TestSuite, Test::Unit::TestResult,
     Test::Unit::AutoRunner, Test::Unit::AutoRunner.singleton_class].flat_map do |owner|
      (owner.instance_methods(false) + owner.private_instance_methods(false)).map { owner.instance_method(_1) }
    end
  end
  [equal, unit]
end
before = asked.call
load "./answer.rb"
exit! 1 unless asked.call == before
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
