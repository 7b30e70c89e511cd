#include "faults/user_code.h"

namespace flinch::faults {

void UserCode::Begin(uint64_t cause, const OperatorFault& fault) {
  troubles_.push_back({.cause = cause, .fault = fault, .random = random_.Split("code", cause)});
}

void UserCode::End(uint64_t cause) {
  std::erase_if(troubles_, [cause](const Trouble& trouble) { return trouble.cause == cause; });
}

bool UserCode::Trouble::Throws() {
  ++records;
  return records >= fault.nth && random.Chance(fault.ratio);
}

UserCode::Judgement UserCode::OnRecord(std::string_view operator_name) {
  Judgement judgement;
  std::optional<uint64_t> over;
  for (Trouble& trouble : troubles_) {
    if (trouble.fault.operator_name != operator_name) {
      continue;
    }
    if (trouble.fault.trouble == CodeTrouble::kSlow) {
      judgement.fate.takes += trouble.fault.by;
      continue;
    }
    if (!trouble.Throws() || judgement.fate.throws) {
      continue;
    }
    judgement.fate.throws = true;
    judgement.struck = trouble.has_thrown ? std::nullopt : std::optional(trouble.cause);
    trouble.has_thrown = true;
    over = trouble.fault.lasts ? std::nullopt : std::optional(trouble.cause);
  }
  if (over) {
    End(*over);
  }
  return judgement;
}

}  // namespace flinch::faults
