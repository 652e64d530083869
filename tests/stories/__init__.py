"""What is seen at a barrier, told as stories: one for each rule of the domain."""
