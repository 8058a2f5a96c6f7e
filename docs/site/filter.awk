# SPDX-License-Identifier: Apache-2.0
# What Doxygen reads of a header: the same lines, with formulas kept as they are laid out, and with the documentation of
# what every method and every aggregate has alike, said here once.

# Each line stays where it is. One is held back, to see whether a formula begins or ends behind it.
function emit(line, formula) {
  if (formula && !held_formula) held = held " \\code{.unparsed}"
  if (!formula && held_formula) held = held " \\endcode"
  if (NR > 1) print held
  held = line
  held_formula = formula
}

function document(text) {
  sub(/^ */, "&/** " text " */ ")
}

/^ *static const ParameterTable<.*>& table\(\) \{/ {
  document("The parameters by name: their kinds, ranges, defaults and help.")
}
/^ *static const MethodInfo& info\(\) \{/ {
  document("The method's row of the registry: what it is, assumes, takes and promises.")
}
/^ *explicit [A-Za-z0-9]+Threshold\(Parameters parameters = \{\}\) : .*\{\}$/ && !after_comment {
  document("Throws ParameterError for a parameter out of its range, which is that of table().")
}
/^ *InputPolicy input\{.*\};$/ {
  $0 = $0 "  ///< how non-finite scores and score maps are taken"
}
/^ *friend .*operator(==|<=>)\(.*= default;$/ && !after_comment {
  document("Member by member; a NaN equals nothing.")
}

{
  comment = match($0, /^ *\/\/\/( |$)/)
  text = $0
  sub(/^ *\/\/\//, "", text)
  if (!comment || text == "") {
    list = 0
  } else if (text ~ /^ *- /) {
    list = 1
  } else if (text ~ /^ [^ ]/) {
    list = 0
  }
  after_comment = comment
  emit($0, comment && !list && text ~ /^   +[^ ]/)
}

END {
  print held
}
